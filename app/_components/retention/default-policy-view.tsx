'use client'
import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { setRetentionDefault } from '#app/actions.ts'
import { commandText } from '#lib/base/command-text.ts'
import { formatCount } from '#lib/base/units.ts'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { PolicyDraft, RetentionDefault } from '#lib/contracts/retention.ts'
import { CommandPopover, ErrorNote, Reading } from '../parts.tsx'
import { SettingsTabs } from '../settings/settings-tabs.tsx'
import { InheritedTable } from './inherited-table.tsx'
import { DRAFT_FIELDS, draftOptions, numberIn, policyLine } from './retention-draft.ts'
import '../settings/settings.css'
import './retention.css'

/** The policy that workspaces inherit, and what a change of it would mean for each. */
export function DefaultPolicyView() {
  const { data, error, refetch } = useRead('retentionDefault', {})
  return (
    <div className="page rsp">
      <div className="phead">
        <h1>Default retention</h1>
      </div>
      <SettingsTabs />
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {!data && !error ? <Reading rows={5} /> : null}
      {data ? <DefaultForm key={JSON.stringify(data.policy)} rules={data} /> : null}
    </div>
  )
}

function DefaultForm({ rules }: { rules: RetentionDefault }) {
  const may = useMay('settings')
  const client = useQueryClient()
  const { send, busy, error } = useAction(setRetentionDefault)
  const [typed, setTyped] = useState(() => textsOf(rules.policy))
  const draft: PolicyDraft = Object.fromEntries(
    DRAFT_FIELDS.map((rule) => [rule.field, numberIn(typed[rule.field], rule)] as const).filter(
      ([field, value]) => value !== null && value !== rules.policy[field],
    ),
  )
  const wrong = DRAFT_FIELDS.find((rule) => numberIn(typed[rule.field], rule) === null)
  const isChanged = Object.keys(draft).length > 0
  const save = async (event: FormEvent) => {
    event.preventDefault()
    if ((await send({ policy: draft })) === null) return
    notifications.show({ closeButtonProps: { 'aria-label': 'Close' }, message: 'The default is saved. Archives go only by a proposal.' })
    await client.invalidateQueries()
  }
  return (
    <>
      <form className="scard" aria-label="Default policy" onSubmit={(event) => void save(event)}>
        <div className="phead">
          <p>
            Workspaces keep this unless they have something of their own.{' '}
            <span className="q">Built in: {policyLine(rules.programPolicy)}.</span>
          </p>
          <span className="sp" />
          <CommandPopover command={commandText(['orchive', 'retention', 'policy', 'set', '--all', ...draftOptions(draft)])} />
        </div>
        <div className="s3">
          {DRAFT_FIELDS.map(({ field, label, unit }) => (
            <label key={field} className="fld">
              <span>
                {label}, in {unit}
              </span>
              <input
                className="inp"
                inputMode="numeric"
                value={typed[field]}
                disabled={!may}
                aria-invalid={wrong?.field === field}
                onChange={(event) => setTyped({ ...typed, [field]: event.target.value.trim() })}
              />
              <small>{typed[field] === String(rules.programPolicy[field]) ? 'built in' : `built in: ${rules.programPolicy[field]}`}</small>
            </label>
          ))}
        </div>
        <div className="phead">
          <button
            type="submit"
            className="btn p"
            disabled={!may || busy || !isChanged || wrong !== undefined}
            title={may ? undefined : 'Needs an admin'}
          >
            {busy ? 'Saving…' : 'Save default'}
          </button>
          {isChanged ? (
            <button type="button" className="btn" onClick={() => setTyped(textsOf(rules.policy))}>
              Discard
            </button>
          ) : null}
          {wrong ? (
            <span className="bad">
              {wrong.label} is a whole number, at most {formatCount(wrong.limit)}.
            </span>
          ) : null}
        </div>
        {error ? <ErrorNote error={error} /> : null}
      </form>
      <InheritedTable rules={rules} draft={draft} />
    </>
  )
}

const textsOf = (policy: RetentionDefault['policy']) =>
  Object.fromEntries(DRAFT_FIELDS.map(({ field }) => [field, String(policy[field])])) as Record<
    (typeof DRAFT_FIELDS)[number]['field'],
    string
  >
