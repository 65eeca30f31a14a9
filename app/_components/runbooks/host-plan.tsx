'use client'
import { useState } from 'react'
import { startRecoverHost } from '#app/actions.ts'
import { formatBytes } from '#lib/base/units.ts'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { HostPlan, HostRequest, OwnRepository, Room } from '#lib/contracts/host.ts'
import { ConfirmByName } from '../confirm-by-name.tsx'
import { ErrorNote, Ladder, SectionHead, Time } from '../parts.tsx'
import { KeyError } from '../repository/key-error.tsx'
import type { MadeKey } from '../repository/recovery-key-note.tsx'
import { SuspectMark } from '../suspect-mark.tsx'
import { RuntimeFacts } from '../workspaces/runtime-facts.tsx'
import { hostCommand } from './host-command.ts'
import { HostItems } from './host-items.tsx'
import { isTight, RoomSection } from './room.tsx'
import { RunbookSteps } from './runbook-steps.tsx'
import { useSignInAgain } from './use-sign-in-again.ts'

/** What of the form is there after a sign-in in between. */
export const KEPT = 'The form stays for when you are back, and the archives are taken in: show the plan again then.'
/** Why nothing can be started yet. */
export const TOO_LITTLE_ROOM = 'A disk has too little room: see Room above.'
/** Archives that are offered; older ones are reached by the command line. */
const OFFERED = 12

interface Props {
  request: HostRequest
  plan: HostPlan
  onRequest: (request: HostRequest) => void
  onStarted: (jobId: string) => void
  /** Somebody has to sign in once more before it starts. */
  onSignIn: () => void
  /** A key that was made for backups from now on, which has to be seen. */
  onKey(made: MadeKey): void
}

/** What would go where; another archive plans again. */
export function HostPlanView({ request, plan, onRequest, onStarted, onSignIn, onKey }: Props) {
  const pick = (archive: `arc_${string}`) => onRequest({ ...request, source: { kind: 'known' }, workspace: plan.workspaceId, archive })
  const [leaveOut, setLeaveOut] = useState<readonly string[]>([])
  const [ignoreSpace, setIgnored] = useState(false)
  const room = { volumes: plan.volumes, isMeant: ({ key }: Room['needs'][number]) => !leaveOut.includes(key) }
  return (
    <>
      <Archives plan={plan} onPick={pick} />
      <HostItems plan={plan} leaveOut={leaveOut} onLeaveOut={setLeaveOut} />
      <RoomSection {...room} isIgnored={ignoreSpace} onIgnore={setIgnored} />
      <Config plan={plan} />
      {plan.backupsGoTo ? <Backups own={plan.backupsGoTo} /> : null}
      <Runtime workspaceId={plan.workspaceId as `ws_${string}`} />
      <section aria-labelledby="steps">
        <SectionHead id="steps" title="What happens" />
        <RunbookSteps steps={plan.steps} />
      </section>
      <Go
        request={{ ...request, leaveOut: [...leaveOut], ignoreSpace: ignoreSpace && isTight(room) }}
        plan={plan}
        isStopped={isTight(room) && !ignoreSpace}
        onStarted={onStarted}
        onSignIn={onSignIn}
        onKey={onKey}
      />
    </>
  )
}

function Archives({ plan, onPick }: { plan: HostPlan; onPick: (id: `arc_${string}`) => void }) {
  const { data } = useRead('listArchives', { workspace: plan.workspaceId as `ws_${string}`, limit: OFFERED })
  const rows = data?.rows ?? []
  return (
    <section className="stack" aria-labelledby="which">
      <SectionHead id="which" title={`Archive of ${plan.workspace}`} aside={plan.archiveId} />
      <p>
        Taken <Time iso={plan.createdAt} /> (age <Time iso={plan.createdAt} age />
        ). What came after it is lost with the host.
      </p>
      <ul className="cands">
        {rows.map((row) => (
          <li key={row.id}>
            <label className="ck">
              <input type="radio" name="archive" checked={row.id === plan.archiveId} onChange={() => onPick(row.id)} />
              <span className="cand">
                <b>
                  <Time iso={row.createdAt} />
                </b>
                <span className="q">{row.kind}</span>
                <Ladder grade={row.grade} at={row.gradedAt} />
                <span>{formatBytes(row.contentBytes)}</span>
                {row.suspect ? <SuspectMark /> : null}
              </span>
            </label>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Config({ plan }: { plan: HostPlan }) {
  return (
    <section className="stack" aria-labelledby="config">
      <SectionHead id="config" title="The config" aside={plan.configPath} />
      {plan.rewrites.length === 0 ? <p className="q">No path in it has to change.</p> : null}
      {plan.rewrites.length > 0 ? (
        <div className="tw">
          <table>
            <thead>
              <tr>
                <th>Key</th>
                <th>Was</th>
                <th>{plan.isRewriting ? 'Is written as' : 'Counts as, by a path map'}</th>
              </tr>
            </thead>
            <tbody>
              {plan.rewrites.map(({ key, before, after }) => (
                <tr key={key}>
                  <td className="mono">{key}</td>
                  <td className="mono brk bad">{before}</td>
                  <td className="mono brk ok">{after}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
    </section>
  )
}

/** Into a copy nothing is written: where backups go instead, and whether they are as safe there. */
export function Backups({ own: { path, isNew, isEncrypted, isLess } }: { own: OwnRepository }) {
  return (
    <section className="stack" aria-labelledby="backups">
      <SectionHead id="backups" title="Backups from now on" aside={path} />
      <p className={isLess ? 'warn' : undefined}>
        {isLess
          ? 'The repository there is not encrypted, though the copy is. Encrypt it under Settings, Repository, before it is copied anywhere.'
          : `The copy is only read. Backups go to a repository of this host, ${isNew ? 'which is made when this starts, ' : ''}${isEncrypted ? 'encrypted' : 'not encrypted'}.`}
        {isNew && isEncrypted ? ' Its recovery key is shown then, once.' : ''} Give it a replica of its own, under another prefix.
      </p>
    </section>
  )
}

function Runtime({ workspaceId }: { workspaceId: `ws_${string}` }) {
  const { data, error } = useRead('showRuntime', { workspace: workspaceId })
  return (
    <section className="stack" aria-labelledby="runtime">
      <SectionHead id="runtime" title="The orchestrator on this host" />
      {error ? <ErrorNote error={error} /> : null}
      {data ? <RuntimeFacts runtime={data} /> : null}
    </section>
  )
}

function Go({ request, plan, isStopped, onStarted, onSignIn, onKey }: Omit<Props, 'onRequest'> & { isStopped: boolean }) {
  const may = useMay('restore')
  const { send, busy, error } = useAction(startRecoverHost)
  useSignInAgain(error, onSignIn)
  const go = async (confirmName: string) => {
    const started = await send({ request, workspaceId: plan.workspaceId as `ws_${string}`, archiveId: plan.archiveId, confirmName })
    if (!started) return
    const { jobId, recoveryKey } = started
    if (recoveryKey === null) onStarted(jobId)
    else onKey({ recoveryKey, path: plan.backupsGoTo?.path ?? '', afterwards: () => onStarted(jobId) })
  }
  return (
    <ConfirmByName
      wanted={plan.workspace}
      label={`Type ${plan.workspace} to bring it back to ${plan.root}`}
      act={`Bring ${plan.workspace} back`}
      busy={busy}
      isBlocked={isStopped}
      whyNot={may ? undefined : 'Your role may not restore'}
      note={isStopped ? TOO_LITTLE_ROOM : 'The new root is empty, so nothing can be overwritten.'}
      command={hostCommand([], { ...request, workspace: plan.workspaceId, archive: plan.archiveId })}
      onGo={(typed) => void go(typed)}
    >
      <KeyError error={error} kept={KEPT} />
    </ConfirmByName>
  )
}
