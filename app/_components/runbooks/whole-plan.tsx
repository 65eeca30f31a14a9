'use client'
import { useEffect, useRef, useState } from 'react'
import { startRecoverWholeHost } from '#app/actions.ts'
import { plural } from '#lib/base/plural.ts'
import { formatBytes } from '#lib/base/units.ts'
import { useMay } from '#lib/client/person.tsx'
import { useAction } from '#lib/client/use-action.ts'
import type { Room } from '#lib/contracts/host.ts'
import type { WholeHostPart, WholeHostPlan, WholeHostRequest } from '#lib/contracts/whole-host.ts'
import { wholeHostConfirmation } from '#lib/contracts/whole-host-words.ts'
import { ConfirmByName } from '../confirm-by-name.tsx'
import { Findings, SectionHead } from '../parts.tsx'
import { KeyError } from '../repository/key-error.tsx'
import type { MadeKey } from '../repository/recovery-key-note.tsx'
import { wholeHostCommand } from './host-command.ts'
import { Backups, KEPT, TOO_LITTLE_ROOM } from './host-plan.tsx'
import { isTight, RoomSection } from './room.tsx'
import { useSignInAgain } from './use-sign-in-again.ts'
import { WholeRows } from './whole-rows.tsx'

interface Props {
  plan: WholeHostPlan
  request: WholeHostRequest
  /** Ids of those that are left for later. */
  out: readonly string[]
  /** Another plan is being made; this one is shown until then, and not to be started any more. */
  isPlanning: boolean
  onOut(out: string[]): void
  /** Plans again with these. */
  onChange(change: Partial<WholeHostRequest>): void
  onAlone(part: WholeHostPart): void
  onStarted(jobId: string): void
  /** Somebody has to sign in once more before it starts. */
  onSignIn(): void
  /** A key that was made for backups from now on, which has to be seen. */
  onKey(made: MadeKey): void
}

/** Everything that a lost host had: what comes back, where to, what is in the way; then it starts. */
export default function WholePlanView({ plan, request, out, isPlanning, onOut, onChange, onAlone, onStarted, onSignIn, onKey }: Props) {
  const { workspaces } = plan
  const shown = useRef<HTMLElement>(null)
  // The form above is long: what was asked for is what one wants to see.
  useEffect(() => {
    shown.current?.scrollIntoView({ block: 'start' })
  }, [])
  const chosen = workspaces.filter(({ state, workspaceId }) => state === 'ready' && !out.includes(workspaceId))
  const [ignoreSpace, setIgnored] = useState(false)
  const room = {
    volumes: plan.volumes,
    isMeant: ({ workspaceId }: Room['needs'][number]) => chosen.some((part) => part.workspaceId === workspaceId),
  }
  const moveTo = ({ workspaceId }: WholeHostPart, root: string | null) => {
    const others = request.roots.filter(({ workspace }) => workspace !== workspaceId)
    onChange({ roots: root === null ? others : [...others, { workspace: workspaceId, root }] })
  }
  return (
    <>
      <section ref={shown} className="stack" aria-labelledby="whole" aria-busy={isPlanning}>
        <SectionHead id="whole" title={plural(workspaces.length, 'workspace')} aside={<Counts workspaces={workspaces} />} />
        <WholeRows parts={workspaces} out={out} disabled={isPlanning} onOut={onOut} onRoot={moveTo} onAlone={onAlone} />
        <Findings
          findings={chosen.flatMap(({ workspace, plan: one }) =>
            (one?.problems ?? []).map((problem) => ({ ...problem, message: `${workspace}: ${problem.message}` })),
          )}
        />
      </section>
      <LeaveOut plan={plan} request={request} disabled={isPlanning} onChange={onChange} />
      {chosen.length === 0 ? null : <RoomSection {...room} isIgnored={ignoreSpace} onIgnore={setIgnored} />}
      {plan.backupsGoTo ? <Backups own={plan.backupsGoTo} /> : null}
      {chosen.length === 0 ? (
        <p role="status">{nothingText(workspaces)}</p>
      ) : (
        <Go
          key={plan.digest}
          plan={plan}
          request={{ ...request, ignoreSpace: ignoreSpace && isTight(room) }}
          isStopped={isTight(room) && !ignoreSpace}
          chosen={chosen}
          isPlanning={isPlanning}
          onStarted={onStarted}
          onSignIn={onSignIn}
          onKey={onKey}
        />
      )}
    </>
  )
}

function Counts({ workspaces }: { workspaces: WholeHostPlan['workspaces'] }) {
  const count = (state: WholeHostPart['state']) => workspaces.filter((part) => part.state === state).length
  const [ready, here, stopped] = [count('ready'), count('here'), count('stopped')]
  return (
    <>
      {ready} can come back{here > 0 ? `, ${here} already here` : ''}
      {stopped > 0 ? <span className="bad">, {stopped} stopped</span> : null}
    </>
  )
}

function nothingText(workspaces: WholeHostPlan['workspaces']): string {
  if (workspaces.length === 0) return 'No workspace has an archive there.'
  if (workspaces.every(({ state }) => state === 'here')) return 'All of them are on this host already: nothing is left to bring back.'
  if (workspaces.some(({ state }) => state === 'ready')) return 'All are left for later. Tick what comes back.'
  return 'Nothing more can come back like this. Change where it goes, or empty what is in the way.'
}

/** What is large and not needed at once can stay in the archives of all. */
function LeaveOut({ plan, request, disabled, onChange }: Pick<Props, 'plan' | 'request' | 'onChange'> & { disabled: boolean }) {
  const items = new Map<string, { label: string; bytes: number; workspaces: number }>()
  for (const { plan: one } of plan.workspaces)
    for (const { key, label, contentBytes, mayBeLeftOut } of one?.items ?? []) {
      if (!mayBeLeftOut) continue
      const before = items.get(key) ?? { label, bytes: 0, workspaces: 0 }
      items.set(key, { ...before, bytes: before.bytes + contentBytes, workspaces: before.workspaces + 1 })
    }
  if (items.size === 0) return null
  const { leaveOut } = request
  const toggle = (key: string) =>
    onChange({ leaveOut: leaveOut.includes(key) ? leaveOut.filter((one) => one !== key) : [...leaveOut, key] })
  return (
    <fieldset className="modes" disabled={disabled}>
      <legend className="h">In a hurry, leave out of all</legend>
      <div className="fx wrap leave">
        {[...items].map(([key, { label, bytes, workspaces }]) => (
          <label key={key} className="ck">
            <input type="checkbox" checked={leaveOut.includes(key)} onChange={() => toggle(key)} />
            <span>
              {label} <span className="q">{`${formatBytes(bytes)} of ${plural(workspaces, 'workspace')}`}</span>
            </span>
          </label>
        ))}
      </div>
      <p className="q">It stays in the archives; a restore brings it at any time.</p>
    </fieldset>
  )
}

function Go(
  props: Pick<Props, 'plan' | 'request' | 'isPlanning' | 'onStarted' | 'onSignIn' | 'onKey'> & {
    chosen: readonly WholeHostPart[]
    /** A disk has too little room, and nobody said that it does not matter. */
    isStopped: boolean
  },
) {
  const { plan, request, chosen, isStopped, isPlanning, onStarted, onSignIn, onKey } = props
  const may = useMay('restore')
  const { send, busy, error } = useAction(startRecoverWholeHost)
  useSignInAgain(error, onSignIn)
  const wanted = wholeHostConfirmation(chosen.map(({ workspace }) => workspace))
  const go = async (confirmName: string) => {
    const workspaces = chosen.flatMap(({ workspaceId, root, plan: one }) =>
      one === null ? [] : [{ workspaceId, root, digest: one.digest }],
    )
    const started = await send({ request: { ...request, source: { kind: 'known' } }, workspaces, confirmName })
    if (!started) return
    const { jobId, recoveryKey } = started
    if (recoveryKey === null) onStarted(jobId)
    else onKey({ recoveryKey, path: plan.backupsGoTo?.path ?? '', afterwards: () => onStarted(jobId) })
  }
  return (
    <section className="stack" aria-labelledby="go">
      <SectionHead id="go" title="What happens" />
      <p>
        One after the other, from top to bottom: its config, then everything else, each file read back, then its orchestrator is started as
        the host file says. One that fails leaves the others as they are.
      </p>
      <ConfirmByName
        wanted={wanted}
        label={`Type ${wanted} to bring ${chosen.length === 1 ? 'it' : 'them'} back`}
        act={`Bring ${wanted} back`}
        busy={busy}
        isBlocked={isPlanning || isStopped}
        whyNot={may ? undefined : 'Your role may not restore'}
        note={isStopped ? TOO_LITTLE_ROOM : 'Every place is empty, so nothing can be overwritten.'}
        command={wholeHostCommand([], { ...request, workspaces: chosen.map(({ workspace }) => workspace), roots: movedOf(chosen) })}
        onGo={(typed) => void go(typed)}
      >
        <KeyError error={error} kept={KEPT} />
      </ConfirmByName>
    </section>
  )
}

/** Those that go elsewhere than a common map says; a root that says the same again does no harm. */
const movedOf = (parts: readonly WholeHostPart[]) =>
  parts.filter(({ root, oldRoot }) => root !== oldRoot).map(({ workspace, root }) => ({ workspace, root }))
