'use client'
import { notifications } from '@mantine/notifications'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { saveChannel } from '#app/actions.ts'
import { focusFirst } from '#lib/client/focus-first.ts'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { Channel } from '#lib/contracts/notify.ts'
import { Field, SelectField } from '../field.tsx'
import { ErrorNote } from '../parts.tsx'
import { type ChannelDraft, draftOfChannel, inputOfDraft } from './channel-draft.ts'
import { EVENTS, KINDS, SEVERITY_WORDS } from './channel-words.ts'
import { TargetFields } from './target-fields.tsx'

export type SetDraft = (change: Partial<ChannelDraft>) => void

/** A new channel, or one that is changed. */
export function ChannelForm({ channel, onClose }: { channel: Channel | null; onClose(): void }) {
  const client = useQueryClient()
  const [draft, setDraft] = useState(() => draftOfChannel(channel, 'email', Intl.DateTimeFormat().resolvedOptions().timeZone))
  const { send, busy, error } = useAction(saveChannel)
  const set: SetDraft = (change) => setDraft({ ...draft, ...change })
  const save = async (event: FormEvent) => {
    event.preventDefault()
    const saved = await send(inputOfDraft(draft))
    if (!saved) return
    notifications.show({ closeButtonProps: { 'aria-label': 'Close' }, message: `The channel ${saved.name} is saved. Test it.` })
    await client.invalidateQueries()
    onClose()
  }
  return (
    <form
      ref={focusFirst}
      className="scard"
      onSubmit={(event) => void save(event)}
      aria-label={channel ? `Channel ${channel.name}` : 'New channel'}
    >
      <div className="s3">
        <Field label="Name" required maxLength={80} value={draft.name} onText={(name) => set({ name })} />
        <SelectField label="Kind" value={draft.kind} options={KINDS} isFixed={channel !== null} onValue={(kind) => set({ kind })} />
      </div>
      <TargetFields draft={draft} set={set} channel={channel} />
      {draft.kind === 'ping' ? null : <MatcherFields draft={draft} set={set} />}
      <Workspaces draft={draft} set={set} />
      <div className="phead">
        <button type="submit" className="btn p" disabled={busy}>
          Save channel
        </button>
        <button type="button" className="btn" onClick={onClose}>
          Discard
        </button>
      </div>
      {error ? <ErrorNote error={error} /> : null}
    </form>
  )
}

function MatcherFields({ draft, set }: { draft: ChannelDraft; set: SetDraft }) {
  const toggle = (type: keyof typeof EVENTS) =>
    set({ events: draft.events.includes(type) ? draft.events.filter((one) => one !== type) : [...draft.events, type] })
  return (
    <>
      <div className="s3">
        <SelectField label="Told" value={draft.minSeverity} options={SEVERITY_WORDS} onValue={(minSeverity) => set({ minSeverity })} />
      </div>
      <fieldset className="evs">
        <legend>Only these events (none chosen = all)</legend>
        {(Object.entries(EVENTS) as [keyof typeof EVENTS, string][]).map(([type, label]) => (
          <label className="ck" key={type}>
            <input type="checkbox" checked={draft.events.includes(type)} onChange={() => toggle(type)} />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      <label className="ck">
        <input type="checkbox" checked={draft.isQuiet} onChange={(event) => set({ isQuiet: event.target.checked })} />
        <span>Quiet hours: only what is critical is sent, the rest waits for their end</span>
      </label>
      {draft.isQuiet ? (
        <div className="s3">
          <Field label="Quiet from" type="time" required value={draft.quietFrom} onText={(quietFrom) => set({ quietFrom })} />
          <Field label="Quiet until" type="time" required value={draft.quietTo} onText={(quietTo) => set({ quietTo })} />
          <Field label="Time zone" required value={draft.quietZone} onText={(quietZone) => set({ quietZone })} />
        </div>
      ) : null}
    </>
  )
}

function Workspaces({ draft, set }: { draft: ChannelDraft; set: SetDraft }) {
  const { data } = useRead('listWorkspaces', {})
  if (!data || (data.length < 2 && draft.workspaceIds === null)) return null
  const chosen = draft.workspaceIds
  return (
    <fieldset className="evs">
      <legend>Of which workspaces</legend>
      <label className="ck">
        <input type="checkbox" checked={chosen === null} onChange={() => set({ workspaceIds: chosen === null ? [] : null })} />
        <span>All, and those that come</span>
      </label>
      {chosen === null
        ? null
        : data.map(({ id, name }) => {
            const own = id as `ws_${string}`
            const toggled = chosen.includes(own) ? chosen.filter((one) => one !== own) : [...chosen, own]
            return (
              <label className="ck" key={id}>
                <input type="checkbox" checked={chosen.includes(own)} onChange={() => set({ workspaceIds: toggled })} />
                <span>{name}</span>
              </label>
            )
          })}
    </fieldset>
  )
}
