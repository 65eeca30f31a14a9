'use client'
import { IconCircleCheck } from '@tabler/icons-react'
import { useState } from 'react'
import { startRecoverState } from '#app/actions.ts'
import { commandText } from '#lib/base/command-text.ts'
import { formatBytes } from '#lib/base/units.ts'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { SalvageMode, StateCandidate, StatePlan } from '#lib/contracts/recover.ts'
import { RecordTable } from '../compare/record-table.tsx'
import { ConfirmByName } from '../confirm-by-name.tsx'
import { Field } from '../field.tsx'
import '../compare/compare.css'
import { CommandPopover, ErrorNote, Findings, ICON, Ladder, Reading, SectionHead, Time } from '../parts.tsx'
import { RestoreRun } from '../restore/restore-run.tsx'
import { SuspectMark } from '../suspect-mark.tsx'
import { useUrlState } from '../url-state.ts'
import { RunbookSteps } from './runbook-steps.tsx'
import './runbooks.css'

type WorkspaceId = `ws_${string}`

/** What live still holds, and what would be there. */
const NOW_AND_THEN = { before: 'Live now', after: 'Afterwards', added: 'comes back', lost: 'would be lost' }

/** Look, choose, see what is lost, go; the choice lives in the address. */
export function StateRunbook({ workspaceId }: { workspaceId: WorkspaceId }) {
  const { params, set } = useUrlState()
  const job = params.get('job')
  const salvage = SALVAGE_MODES.find((mode) => mode === params.get('salvage')) ?? 'none'
  const archive = params.get('archive')
  const input = { workspace: workspaceId, salvage, ...(archive ? { archive: archive as `arc_${string}` } : {}) }
  const { data, error, isFetching, refetch } = useRead('planState', input, { enabled: job === null, keep: true, staleTime: 10_000 })
  if (job !== null) {
    return (
      <div className="page">
        <RestoreRun
          workspaceId={workspaceId}
          jobId={job as `job_${string}`}
          request={null}
          reviewed={null}
          onFresh={() => {}}
          onAgain={() => set({ job: null })}
        />
      </div>
    )
  }
  return (
    <div className="page">
      <div className="phead">
        <h1>Corrupt state file</h1>
        <span className="sp" />
        <button type="button" className="btn sm" disabled={isFetching} onClick={() => void refetch()}>
          {isFetching ? 'Reading…' : 'Look again'}
        </button>
        <CommandPopover
          command={commandText([
            ...['orchive', 'recover', 'state', workspaceId, ...(archive ? ['--archive', archive] : [])],
            ...[...(salvage === 'none' ? [] : ['--salvage', salvage]), '--dry-run'],
          ])}
        />
      </div>
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {data ? <LiveState plan={data} /> : null}
      {!data && !error ? <Reading rows={3} what="Looking at the live state…" /> : null}
      <Salvage mode={salvage} onPick={(mode) => set({ salvage: mode === 'none' ? null : mode })} />
      {data ? (
        <Plan workspaceId={workspaceId} plan={data} onArchive={(id) => set({ archive: id })} onStarted={(id) => set({ job: id })} />
      ) : null}
    </div>
  )
}

const VERDICTS: Record<StatePlan['verdict'], string> = {
  fine: 'The live state parses and stands the comparison with the last archive that could be trusted.',
  missing: 'There is no state file.',
  damaged: 'The live state does not parse.',
  doubtful: 'The live state parses, but looks reset or cut down.',
  unreadable: 'The live state cannot be read.',
}

const MODES: Record<SalvageMode, [string, string]> = {
  none: ['Archived state alone', 'Nothing of the damaged file is used.'],
  merge: ['Merge what can be saved', 'Whole records of the damaged file are added to the archived state, by their id.'],
  prefix: ['Damaged file, as far as it goes', 'No archive is used: only what is whole before the damage.'],
}

const SALVAGE_MODES = Object.keys(MODES) as SalvageMode[]

function Salvage({ mode, onPick }: { mode: SalvageMode; onPick: (mode: SalvageMode) => void }) {
  return (
    <fieldset className="modes">
      <legend className="h">What becomes the state</legend>
      {SALVAGE_MODES.map((one) => (
        <label key={one} className="ck">
          <input type="radio" name="salvage" checked={mode === one} onChange={() => onPick(one)} />
          <span>
            <b>{MODES[one][0]}</b> <span className="q">{MODES[one][1]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

interface PlanProps {
  workspaceId: WorkspaceId
  plan: StatePlan
  onArchive: (id: string) => void
  onStarted: (jobId: string) => void
}

/** What is wrong with it, and since when: whether anything has to be done at all. */
function LiveState({ plan }: { plan: StatePlan }) {
  return (
    <section aria-labelledby="sight">
      <SectionHead id="sight" title="The live state" aside={plan.liveBytes === null ? undefined : formatBytes(plan.liveBytes)} />
      <p className={plan.verdict === 'fine' ? 'ok b' : 'bad b'} role="status">
        {VERDICTS[plan.verdict]}
      </p>
      <p className="mono q brk">{plan.livePath}</p>
      {plan.since === null ? null : (
        <p>
          It is so since <Time iso={plan.since} />
          {plan.fineAt === null ? null : (
            <>
              ; at <Time iso={plan.fineAt} /> it was fine
            </>
          )}
          . A backup taken now would be suspect.
        </p>
      )}
      <Findings findings={plan.findings} />
      {plan.salvage.usedBytes === null ? null : <p>It is whole for its first {formatBytes(plan.salvage.usedBytes)}.</p>}
    </section>
  )
}

function Plan({ workspaceId, plan, onArchive, onStarted }: PlanProps) {
  return (
    <>
      {plan.salvage.mode === 'prefix' ? null : <Candidates plan={plan} onArchive={onArchive} />}
      <section aria-labelledby="change">
        <SectionHead id="change" title="What you would lose, and gain" aside="from what live still holds to what would be there" />
        {plan.change === null ? <p>Nothing live can be read, so what would be lost cannot be said.</p> : null}
        {plan.change === null ? null : (
          <div className="cm inline">
            <RecordTable diff={plan.change} words={NOW_AND_THEN} />
          </div>
        )}
      </section>
      <section aria-labelledby="steps">
        <SectionHead id="steps" title="What happens" />
        <RunbookSteps steps={plan.steps} />
      </section>
      <Go workspaceId={workspaceId} plan={plan} onStarted={onStarted} />
    </>
  )
}

function Candidates({ plan, onArchive }: { plan: StatePlan; onArchive: (id: string) => void }) {
  return (
    <section aria-labelledby="from">
      <SectionHead id="from" title="Take it from" aside="distinct states, newest first" />
      <ul className="cands">
        {plan.candidates.map((one) => (
          <li key={one.archiveId}>
            <label className="ck">
              <input type="radio" name="archive" checked={one.archiveId === plan.chosenId} onChange={() => onArchive(one.archiveId)} />
              <CandidateFacts candidate={one} />
            </label>
          </li>
        ))}
      </ul>
    </section>
  )
}

function CandidateFacts({ candidate }: { candidate: StateCandidate }) {
  return (
    <span className="cand">
      <b>
        <Time iso={candidate.createdAt} />
      </b>
      <span className="q">
        <Time iso={candidate.createdAt} age /> ago
      </span>
      <Ladder grade={candidate.grade} at={candidate.gradedAt} />
      <span>{formatBytes(candidate.sizeBytes)}</span>
      {candidate.isKnownGood ? (
        <span className="st ok">
          <IconCircleCheck {...ICON} />
          Known good
        </span>
      ) : candidate.isSuspect ? (
        <SuspectMark />
      ) : null}
    </span>
  )
}

function Go({ workspaceId, plan, onStarted }: Omit<PlanProps, 'onArchive'>) {
  const may = useMay('restore')
  const rules = useRead('restoreRules', { workspace: workspaceId })
  const [reason, setReason] = useState('')
  const { send, busy, error } = useAction(startRecoverState)
  const needsReason = rules.data?.secondPerson === true
  const said = reason.trim()
  const go = async (confirmName: string) => {
    const alone = needsReason ? { breakGlass: said } : {}
    const started = await send({ workspaceId, archiveId: plan.chosenId, salvage: plan.salvage.mode, confirmName, ...alone })
    if (started) onStarted(started.jobId)
  }
  return (
    <ConfirmByName
      wanted={plan.workspace}
      label={`Type ${plan.workspace} to replace its state`}
      act={`Replace the state of ${plan.workspace}`}
      isDestructive
      busy={busy}
      isBlocked={needsReason && said === ''}
      whyNot={may ? undefined : 'Your role may not restore'}
      note="Everything as it is now goes into a safety archive first. It can be undone for 7 days."
      onGo={(typed) => void go(typed)}
    >
      {needsReason ? (
        <Field
          label={`${plan.workspace} asks for a second person. Say why it cannot wait for one; that is written to the audit log`}
          value={reason}
          maxLength={500}
          onText={setReason}
        />
      ) : null}
      {error ? <ErrorNote error={error} /> : null}
    </ConfirmByName>
  )
}
