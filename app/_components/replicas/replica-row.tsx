'use client'
import { IconCircleX, IconLock, IconLockOpen } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { acknowledgeReplica, changeReplica, removeReplica, startSync } from '#app/actions.ts'
import { commandText } from '#lib/base/command-text.ts'
import { plural } from '#lib/base/plural.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import { useMay } from '#lib/client/person.tsx'
import { useAction } from '#lib/client/use-action.ts'
import type { Replica } from '#lib/contracts/replica.ts'
import Link from '../link.tsx'
import { CommandPopover, ErrorNote, Findings, ICON, PathText, Time, Words } from '../parts.tsx'
import { RemoveButtons } from '../remove-buttons.tsx'
import { Estimate } from './estimate.tsx'
import { STATES, whenText } from './replica-words.ts'

/** One replica: how far it is, what is wrong with it, and what can be done. */
export function ReplicaRow({ replica, onEdit }: { replica: Replica; onEdit(): void }) {
  const { name, state, place, workspaceId } = replica
  const { word, tone } = STATES[state.status]
  return (
    <article className="chan" aria-label={name}>
      <div>
        <h3>
          {name} <span className={tone || 'q'}>{word}</span>
          {replica.isOffHost ? null : <span className="q">on this host</span>}
        </h3>
        <PathText path={place} />
      </div>
      <Facts replica={replica} />
      <Buttons replica={replica} onEdit={onEdit} />
      {state.lastError && state.status !== 'syncing' ? (
        <div className="note bad">
          <IconCircleX {...ICON} />
          <div>
            <p className="b">{state.lastError.message}</p>
            <p>
              <Words text={state.lastError.hint} />
            </p>
          </div>
          {state.lastJobId ? (
            <Link className="btn sm" href={`/w/${workspaceId}/jobs/${state.lastJobId}`}>
              See the job
            </Link>
          ) : null}
        </div>
      ) : null}
      {state.tampering === null ? null : <Tampering replica={replica} />}
      {state.findings.length > 0 ? <Findings findings={state.findings} limit={10} /> : null}
      {state.status === 'new' ? <Estimate replica={replica} /> : null}
    </article>
  )
}

function Facts({ replica }: { replica: Replica }) {
  const { state, lockDays, target } = replica
  return (
    <dl className="facts">
      <Fact name="Archives">
        {formatCount(state.archivesCopied)}
        {state.archivesWaiting > 0 ? `, ${state.archivesWaiting} waiting` : ''}
        {state.archivesIncomplete > 0 ? <span className="bad">, {state.archivesIncomplete} incomplete</span> : null}
      </Fact>
      <Fact name="Newest there">{state.newestCopiedAt ? <Time iso={state.newestCopiedAt} /> : '-'}</Fact>
      <Fact name="Size there">{formatBytes(state.bytes)}</Fact>
      {state.behindSince ? (
        <Fact name="Waits since">
          <span className="warn">
            <Time iso={state.behindSince} />
          </span>
        </Fact>
      ) : null}
      <Fact name="Last sync">
        {state.lastSuccessAt ? (
          <>
            <Time iso={state.lastSuccessAt} age /> ago
          </>
        ) : (
          'never'
        )}
        {state.nextSyncAt ? (
          <>
            , next <Time iso={state.nextSyncAt} />
          </>
        ) : null}
      </Fact>
      {state.oldestCheckAt ? (
        <Fact name="All read back since">
          <Time iso={state.oldestCheckAt} />
        </Fact>
      ) : null}
      <Fact name="Copied">{whenText(replica)}</Fact>
      <Fact name="Locked">
        <span className="lock">
          {lockDays === null ? <IconLockOpen {...ICON} /> : <IconLock {...ICON} />}
          {lockDays === null ? (
            `no: who ${target.kind === 'folder' ? 'may write there' : 'has its keys'} can delete it`
          ) : state.lockedUntil ? (
            <>
              until <Time iso={state.lockedUntil} />
            </>
          ) : (
            `for ${plural(lockDays, 'day')} from each sync on`
          )}
        </span>
      </Fact>
    </dl>
  )
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
)

function Buttons({ replica, onEdit }: { replica: Replica; onEdit(): void }) {
  const client = useQueryClient()
  const mayCopy = useMay('back-up')
  const maySet = useMay('settings')
  const [isRemoving, setRemoving] = useState(false)
  const syncing = useAction(startSync)
  const removing = useAction(removeReplica)
  const changing = useAction(changeReplica)
  const isBusy = syncing.busy || replica.state.status === 'syncing'
  const after = async (done: Promise<unknown>) => {
    if (await done) await client.invalidateQueries()
  }
  const error = syncing.error ?? removing.error ?? changing.error
  return (
    <>
      <div className="acts">
        {mayCopy ? (
          <>
            <button
              type="button"
              className="btn sm"
              disabled={isBusy}
              onClick={() => void after(syncing.send({ replica: replica.id, check: 'some' }))}
            >
              {isBusy ? 'Syncing…' : 'Sync now'}
            </button>
            <button
              type="button"
              className="btn sm"
              disabled={isBusy || replica.state.lastSuccessAt === null}
              onClick={() => void after(syncing.send({ replica: replica.id, check: 'all' }))}
            >
              Check everything
            </button>
          </>
        ) : null}
        {maySet ? (
          <>
            <button
              type="button"
              className="btn sm"
              disabled={changing.busy}
              onClick={() => void after(changing.send({ replica: replica.id, isPaused: !replica.isPaused }))}
            >
              {replica.isPaused ? 'Resume' : 'Pause'}
            </button>
            <button type="button" className="btn sm" onClick={onEdit}>
              Change
            </button>
            <RemoveButtons
              label={`Forget ${replica.name}`}
              isAsked={isRemoving}
              onAsk={setRemoving}
              isBusy={removing.busy}
              onRemove={() => void after(removing.send({ replica: replica.id }))}
            />
          </>
        ) : null}
        <CommandPopover command={commandText(['orchive', 'replica', 'sync', replica.name])} />
      </div>
      {isRemoving ? <p className="q">What lies at {replica.place} stays there; Orchive only forgets the place.</p> : null}
      {error ? <ErrorNote error={error} /> : null}
    </>
  )
}

/** What somebody did to the copy stays an alarm until a person looked into it. */
function Tampering({ replica: { id, state } }: { replica: Replica }) {
  const client = useQueryClient()
  const may = useMay('settings')
  const [reason, setReason] = useState('')
  const { send, busy, error } = useAction(acknowledgeReplica)
  const acknowledge = async (event: FormEvent) => {
    event.preventDefault()
    if (await send({ replica: id, reason })) await client.invalidateQueries()
  }
  return (
    <div className="note bad" role="alert">
      <IconCircleX {...ICON} />
      <div>
        <p className="b">{state.tampering}</p>
        <p>
          Find out who could do that: keys of the store, rules of the bucket, people on the server. Change the keys. Then say what it was.
        </p>
        {may ? (
          <form className="fx wrap" onSubmit={(event) => void acknowledge(event)}>
            <label className="fld">
              <span>What it was</span>
              <input className="inp" required maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
            </label>
            <button type="submit" className="btn sm" disabled={busy}>
              Acknowledge
            </button>
          </form>
        ) : null}
        {error ? <ErrorNote error={error} /> : null}
      </div>
    </div>
  )
}
