'use client'
import { IconCircleCheck, IconCircleX } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { removeChannel, testChannel } from '#app/actions.ts'
import { commandText } from '#lib/base/command-text.ts'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { Channel, TestResult } from '#lib/contracts/notify.ts'
import { CommandPopover, ErrorNote, ICON, Time } from '../parts.tsx'
import { RemoveButtons } from '../remove-buttons.tsx'
import { KINDS, matcherText } from './channel-words.ts'

/** One channel: whom it tells what, how it went, and the buttons that try it. */
export function ChannelRow({ channel, onEdit }: { channel: Channel; onEdit(): void }) {
  const client = useQueryClient()
  const { data } = useRead('listWorkspaces', {})
  const [result, setResult] = useState<TestResult | null>(null)
  const [isRemoving, setRemoving] = useState(false)
  const testing = useAction(testChannel)
  const removing = useAction(removeChannel)
  const names = channel.workspaceIds?.map((id) => data?.find((one) => one.id === id)?.name ?? id) ?? null
  const input = { channel: channel.id }
  const test = async () => {
    setResult(null)
    setResult(await testing.send(input))
  }
  const remove = async () => {
    if (await removing.send(input)) await client.invalidateQueries()
  }
  const error = testing.error ?? removing.error
  return (
    <article className="chan" aria-label={channel.name}>
      <div>
        <h3>
          {channel.name} <span className="q">{KINDS[channel.kind]}</span>
        </h3>
        <p className="brk">{channel.target}</p>
        <p className="q">{matcherText(channel, names)}</p>
        <p className="q">
          {channel.lastSentAt ? (
            <>
              Last sent <Time iso={channel.lastSentAt} age /> ago.
            </>
          ) : (
            'Nothing was sent yet.'
          )}
        </p>
      </div>
      <div className="acts">
        <button type="button" className="btn sm" disabled={testing.busy} onClick={() => void test()}>
          {testing.busy ? 'Sending…' : 'Send a test'}
        </button>
        <button type="button" className="btn sm" onClick={onEdit}>
          Change
        </button>
        <RemoveButtons
          label={`Remove ${channel.name}`}
          isAsked={isRemoving}
          onAsk={setRemoving}
          isBusy={removing.busy}
          onRemove={() => void remove()}
        />
        <CommandPopover command={commandText(['orchive', 'notify', 'test', channel.name])} />
      </div>
      {result ? (
        <div className={`note ${result.sent ? '' : 'bad'}`} role="status">
          {result.sent ? <IconCircleCheck {...ICON} /> : <IconCircleX {...ICON} />}
          <p>{result.sent ? 'The test was sent. See whether it arrived.' : result.error}</p>
        </div>
      ) : null}
      {!result && channel.lastError ? <p className="bad">The newest did not arrive: {channel.lastError}</p> : null}
      {error ? <ErrorNote error={error} /> : null}
    </article>
  )
}
