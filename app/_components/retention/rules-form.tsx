'use client'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { setRetention } from '#app/actions.ts'
import { commandText } from '#lib/base/command-text.ts'
import { useMay } from '#lib/client/person.tsx'
import { useAction } from '#lib/client/use-action.ts'
import type { RetentionRules } from '#lib/contracts/retention.ts'
import { CommandPopover, ErrorNote, SectionHead, Time } from '../parts.tsx'

/** Who has to agree, how long a proposal waits, and when one is raised by itself. */
export default function RulesForm({ rules }: { rules: RetentionRules }) {
  const may = useMay('settings')
  const client = useQueryClient()
  const { send, busy, error } = useAction(setRetention)
  const [second, setSecond] = useState(rules.settings.secondPerson)
  const [hours, setHours] = useState(String(rules.settings.expiryHours))
  const [schedule, setSchedule] = useState(rules.settings.schedule ?? '')
  const [isSaved, setSaved] = useState(false)
  const save = async (event: FormEvent) => {
    event.preventDefault()
    setSaved(false)
    const settings = { secondPerson: second, expiryHours: Number(hours), schedule: schedule.trim() === '' ? null : schedule.trim() }
    if ((await send({ workspaceId: rules.workspaceId, settings })) === null) return
    setSaved(true)
    await client.invalidateQueries({ queryKey: ['retentionRules'] })
  }
  const command = commandText([
    ...['orchive', 'retention', 'policy', 'set', rules.workspace, '--second-person', second ? 'on' : 'off'],
    ...['--expires-after', hours, '--schedule', schedule || 'never'],
  ])
  return (
    <section aria-labelledby="rt-who">
      <SectionHead id="rt-who" title="Who decides, and when">
        <span className="sp" />
        <CommandPopover command={command} />
      </SectionHead>
      <form className="rt-who" onSubmit={(event) => void save(event)}>
        <fieldset className="fs" disabled={!may || busy} title={may ? undefined : 'Needs an admin'}>
          <label className="ck1">
            <input type="checkbox" checked={second} onChange={(event) => setSecond(event.target.checked)} />
            <span>Somebody other than who proposed it has to approve</span>
          </label>
          <label className="fld">
            <span>A proposal expires after, in hours</span>
            <input className="inp" inputMode="numeric" value={hours} onChange={(event) => setHours(event.target.value.trim())} />
          </label>
          <label className="fld">
            <span>Raise one by schedule (cron, in the workspace’s time zone)</span>
            <input className="inp mono" value={schedule} placeholder="by hand only" onChange={(event) => setSchedule(event.target.value)} />
          </label>
          <button type="submit" className="btn">
            {busy ? 'Saving…' : 'Save who decides'}
          </button>
        </fieldset>
      </form>
      <p className="q" role="status">
        {isSaved ? 'Saved. ' : ''}
        {rules.nextProposalAt ? (
          <>
            The next one is raised <Time iso={rules.nextProposalAt} />, if something would go.
          </>
        ) : (
          'Proposals are raised by hand.'
        )}
      </p>
      {error ? <ErrorNote error={error} /> : null}
    </section>
  )
}
