'use client'
import { lazy, Suspense, useState } from 'react'
import type { WorkspaceId } from '#lib/base/ids.ts'
import { useOpenJobs } from '#lib/client/job-feed.tsx'
import { useMay } from '#lib/client/person.tsx'
import { useKept } from '#lib/client/use-kept.ts'
import type { WholeHostRequest, WholeHostResult } from '#lib/contracts/whole-host.ts'
import { isMissing } from '#lib/contracts/whole-host-words.ts'
import { JobProgressBlock } from '../job-parts.tsx'
import { ErrorNote, Reading } from '../parts.tsx'
import { type MadeKey, RecoveryKeyNote } from '../repository/recovery-key-note.tsx'
import { RestoreRun } from '../restore/restore-run.tsx'
import { useUrlState } from '../url-state.ts'
import { ChooseWorkspace } from './choose-workspace.tsx'
import { NEW_HOST, nextDraft, reviveDraft, timeOfArchive, withoutSecrets } from './host-draft.ts'
import { HostForm } from './host-form.tsx'
import { HostPlanView } from './host-plan.tsx'
import { LastWholeRun } from './last-whole-run.tsx'
import { NOTHING, NOTHING_WHOLE, useHostPlans } from './use-host-plans.ts'
import './runbooks.css'

// Loaded when there is something to show: the form is there at once.
const WholePlanView = lazy(() => import('./whole-plan.tsx'))
const WholeRun = lazy(() => import('./whole-run.tsx'))

/** From a copy, a repository or an exported archive alone to a running orchestrator: say where from and where to, see the plan, go. */
export function HostRunbook() {
  const { params, set } = useUrlState()
  const may = useMay('settings')
  const [form, setForm] = useKept('host-form', NEW_HOST, withoutSecrets, reviveDraft)
  const [made, setMade] = useState<MadeKey | null>(null)
  const job = params.get('job') as `job_${string}` | null
  const workspace = params.get('workspace')
  const plans = useHostPlans(job === null)
  const { request, wholeRequest, plan, wholePlan, isPlanning, error } = plans
  /** What is left over by the next plan is kept in the form, too, for whoever has to sign in in between. */
  const planWhole = (asked: WholeHostRequest) => {
    plans.askForAll(asked)
    setForm({ isWhole: true, roots: asked.roots, leaveOut: asked.leaveOut })
  }
  const planRest = ({ workspaces, asked: { archive = null, ...asked } }: WholeHostResult) => {
    const rest = workspaces.filter(isMissing)
    planWhole({
      ...{ ...NOTHING_WHOLE, ...asked, archive, workspaces: rest.map(({ workspaceId }) => workspaceId) },
      roots: rest.map(({ workspaceId, root }) => ({ workspace: workspaceId, root })),
    })
    setForm({ kind: 'known', ...asked, at: timeOfArchive(archive) })
    set({ job: null })
  }
  const started = (jobId: string, id: string | null) => {
    setForm(nextDraft(form))
    plans.leave()
    set({ job: jobId, workspace: id })
  }
  if (job !== null && workspace !== null)
    return (
      <div className="page">
        <RestoreRun
          {...{ workspaceId: workspace, jobId: job, request: null, reviewed: null }}
          onFresh={() => {}}
          onAgain={() => set({ job: null, workspace: null })}
        />
      </div>
    )
  if (job !== null)
    return (
      <div className="page rsp">
        <Suspense fallback={<Reading rows={6} />}>
          <WholeRun jobId={job} onAgain={() => set({ job: null })} onRest={planRest} />
        </Suspense>
      </div>
    )
  if (made) {
    const { recoveryKey, path, afterwards } = made
    const goOn = () => {
      setMade(null)
      afterwards()
    }
    return (
      <div className="page rsp">
        <h1>Lost host</h1>
        <RecoveryKeyNote recoveryKey={recoveryKey} path={path} onKept={goOn} />
      </div>
    )
  }
  const isSeveral = error !== null && 'code' in error && error.code === 'workspace_ambiguous'
  // Its archives are taken in by now: the place need not be reached once more.
  const pick = (id: WorkspaceId) => {
    setForm({ workspace: id })
    if (request) plans.askForOne({ ...request, source: { kind: 'known' }, workspace: id })
  }
  return (
    <div className="page rsp">
      <div className="stack">
        <h1>Lost host</h1>
        <p className="s">
          A copy in a bucket, on a server or on a disk, or one exported archive, is all it takes. Of each workspace the config comes back
          first, the other items go where it says, each file is read back, then the orchestrator is started.
        </p>
      </div>
      {may ? null : <ErrorNote error={{ message: 'Your role may not bring a host back.', hint: 'Ask an admin.' }} />}
      <LastWholeRun onShow={(id) => set({ job: id })} />
      <HostForm form={form} onForm={setForm} isBusy={isPlanning} disabled={!may} onPlan={plans.askForOne} onPlanWhole={planWhole} />
      {request && isSeveral && !isPlanning ? (
        <ChooseWorkspace
          source={request.source}
          onPick={pick}
          onAll={() => planWhole({ ...NOTHING_WHOLE, maps: request.maps, rewriteConfig: request.rewriteConfig })}
        />
      ) : null}
      {error && !isSeveral ? <ErrorNote error={error} again={plans.again} /> : null}
      {isPlanning && !wholePlan ? <Taking /> : null}
      {wholeRequest && wholePlan ? (
        <Suspense fallback={<Reading rows={6} />}>
          <WholePlanView
            {...{ plan: wholePlan, request: wholeRequest, out: form.out, isPlanning }}
            onOut={(out) => setForm({ out })}
            // Its archives are taken in by now: the place need not be reached once more.
            onChange={(change) =>
              planWhole({
                ...{ ...wholeRequest, source: { kind: 'known' }, workspaces: wholePlan.workspaces.map(({ workspaceId }) => workspaceId) },
                ...change,
              })
            }
            onAlone={({ workspaceId, root }) => {
              const { maps, rewriteConfig } = wholeRequest
              setForm({ isWhole: false, kind: 'known', workspace: workspaceId, root })
              plans.askForOne({ ...NOTHING, workspace: workspaceId, root, maps, rewriteConfig })
            }}
            onSignIn={() => setForm({ kind: 'known' })}
            onKey={setMade}
            onStarted={(jobId) => started(jobId, null)}
          />
        </Suspense>
      ) : null}
      {request && plan ? (
        <HostPlanView
          key={plan.archiveId}
          {...{ request, plan }}
          onRequest={plans.askForOne}
          onSignIn={() => setForm({ kind: 'known', workspace: plan.workspaceId })}
          onKey={setMade}
          onStarted={(jobId) => started(jobId, plan.workspaceId)}
        />
      ) : null}
    </div>
  )
}

/** How far taking the archives in is, once that runs. */
function Taking() {
  const jobs = useOpenJobs(null).filter(({ kind }) => kind === 'rebuild' || kind === 'import')
  if (jobs.length === 0) return <Reading rows={6} what="Reading the archives…" />
  return (
    <div className="stack" role="status">
      {jobs.map((job) => (
        <JobProgressBlock key={job.id} job={job} />
      ))}
    </div>
  )
}
