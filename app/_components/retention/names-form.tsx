'use client'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { setRetention } from '#app/actions.ts'
import { useMay } from '#lib/client/person.tsx'
import { LIVE_READS } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { ArchiveKind } from '#lib/contracts/archive.ts'
import { ARCHIVE_KINDS } from '#lib/contracts/kinds.ts'
import type { RetentionRules } from '#lib/contracts/retention.ts'
import { ErrorNote, SectionHead } from '../parts.tsx'

/** What is kept by name, whatever its age: kinds and notes; and by whose days the windows count. */
export default function NamesForm({ rules }: { rules: RetentionRules }) {
  const may = useMay('settings')
  const client = useQueryClient()
  const { send, busy, error } = useAction(setRetention)
  const { policy, own, workspaceId } = rules
  const [kinds, setKinds] = useState<readonly ArchiveKind[]>(policy.keepKinds)
  const [notes, setNotes] = useState(policy.keepNotes.join(', '))
  const [zone, setZone] = useState(policy.timeZone ?? '')
  const [isSaved, setSaved] = useState(false)
  const save = async (event: FormEvent) => {
    event.preventDefault()
    setSaved(false)
    const words = notes
      .split(',')
      .map((word) => word.trim())
      .filter(Boolean)
    const change = { keepKinds: [...kinds], keepNotes: words, timeZone: zone.trim() === '' ? null : zone.trim() }
    if ((await send({ workspaceId, policy: change })) === null) return
    setSaved(true)
    await client.invalidateQueries({ predicate: ({ queryKey }) => (LIVE_READS as readonly unknown[]).includes(queryKey[0]) })
  }
  const toggle = (kind: ArchiveKind) => setKinds(kinds.includes(kind) ? kinds.filter((one) => one !== kind) : [...kinds, kind])
  const isOwn = ['keepKinds', 'keepNotes', 'timeZone'].some((field) => own.includes(field))
  return (
    <section aria-labelledby="rt-names">
      <SectionHead id="rt-names" title="Kept by name" aside={isOwn ? 'of this workspace' : 'default'} />
      <form className="rt-who" onSubmit={(event) => void save(event)}>
        <fieldset className="fs" disabled={!may || busy} title={may ? undefined : 'Needs an admin'}>
          <span className="ck1">
            {ARCHIVE_KINDS.map((kind) => (
              <label key={kind}>
                <input type="checkbox" checked={kinds.includes(kind)} onChange={() => toggle(kind)} /> every {kind}
              </label>
            ))}
          </span>
          <label className="fld">
            <span>Archives whose note holds one of these, with commas between</span>
            <input className="inp" value={notes} placeholder="none" maxLength={500} onChange={(event) => setNotes(event.target.value)} />
          </label>
          <label className="fld">
            <span>Time zone of days and weeks</span>
            <input
              className="inp"
              value={zone}
              placeholder={`${rules.timeZone}, the workspace’s`}
              onChange={(event) => setZone(event.target.value)}
            />
          </label>
          <button type="submit" className="btn">
            {busy ? 'Saving…' : 'Save what is kept by name'}
          </button>
        </fieldset>
      </form>
      <p className="q" role="status">
        {isSaved ? 'Saved.' : ''}
      </p>
      {error ? <ErrorNote error={error} /> : null}
    </section>
  )
}
