'use client'
import { useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useState } from 'react'
import type { WorkspaceId } from '#lib/base/ids.ts'
import { useOpenJobs } from '#lib/client/job-feed.tsx'
import { useMay } from '#lib/client/person.tsx'
import { useRead } from '#lib/client/queries.ts'
import { useKept } from '#lib/client/use-kept.ts'
import type { HostRequest } from '#lib/contracts/host.ts'
import type { WholeHostRequest } from '#lib/contracts/whole-host.ts'
import { isMissing } from '#lib/contracts/whole-host-words.ts'
import { JobProgressBlock } from '../job-parts.tsx'
import { ErrorNote, Reading } from '../parts.tsx'
import { type MadeKey, RecoveryKeyNote } from '../repository/recovery-key-note.tsx'
import { RestoreRun } from '../restore/restore-run.tsx'
import { useUrlState } from '../url-state.ts'
import { ChooseWorkspace } from './choose-workspace.tsx'
import { NEW_HOST, nextDraft, reviveDraft, withoutSecrets } from './host-draft.ts'
import { HostForm } from './host-form.tsx'
import { HostPlanView } from './host-plan.tsx'
import { LastWholeRun } from './last-whole-run.tsx'
import './runbooks.css'

// Loaded when there is something to show: the form is there at once.
const WholePlanView = lazy(() => import('./whole-plan.tsx'))
const WholeRun = lazy(() => import('./whole-run.tsx'))

/** From a copy, a repository or an exported archive alone to a running orchestrator: say where from and where to, see the plan, go. */
export function HostRunbook() {
  const { params, set } = useUrlState()
  const may = useMay('settings')
  const [form, setForm] = useKept('host-form', NEW_HOST, withoutSecrets, reviveDraft)
  const [request, setOne] = useState<HostRequest | null>(null)
  const [wholeRequest, setWhole] = useState<WholeHostRequest | null>(null)
  const client = useQueryClient()
  /** A plan that is asked for again is made again: what was in the way may be gone, and what came back is here. */
  const forgetPlans = () => void client.invalidateQueries({ predicate: ({ queryKey }) => PLANS.includes(String(queryKey[0])) })
  const setRequest = (asked: HostRequest | null) => {
    forgetPlans()
    setOne(asked)
    setWhole(null)
  }
  /** What is left over by the next plan is kept in the form, too, for whoever has to sign in in between. */
  const planWhole = (asked: WholeHostRequest) => {
    forgetPlans()
    setOne(null)
    setWhole(asked)
    setForm({ isWhole: true, roots: asked.roots, leaveOut: asked.leaveOut })
  }
  const job = params.get('job')
  const workspace = params.get('workspace')
  const planning = useRead('planHost', request ?? NOTHING, {
    enabled: request !== null && job === null,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const planningWhole = useRead('planWholeHost', wholeRequest ?? NOTHING_WHOLE, {
    enabled: wholeRequest !== null && job === null,
    ...{ staleTime: Number.POSITIVE_INFINITY, keep: true },
  })
  const [made, setMade] = useState<MadeKey | null>(null)
  const goOn = () => {
    setMade(null)
    made?.afterwards()
  }
  const isPlanning = planning.isFetching || planningWhole.isFetching
  // Workspaces are known by now, also where the plan failed since there are several.
  useEffect(() => {
    if (!isPlanning) void client.invalidateQueries({ predicate: ({ queryKey }) => KNOWN_BY_THEN.includes(String(queryKey[0])) })
  }, [client, isPlanning])
  if (job !== null && workspace !== null) {
    return (
      <div className="page">
        <RestoreRun
          workspaceId={workspace}
          jobId={job as `job_${string}`}
          request={null}
          reviewed={null}
          onFresh={() => {}}
          onAgain={() => set({ job: null, workspace: null })}
        />
      </div>
    )
  }
  if (job !== null) {
    const again = () => set({ job: null })
    return (
      <div className="page rsp">
        <Suspense fallback={<Reading rows={6} />}>
          <WholeRun
            jobId={job as `job_${string}`}
            onAgain={again}
            onRest={({ workspaces, asked }) => {
              const rest = workspaces.filter(isMissing)
              planWhole({
                source: { kind: 'known' },
                ...{ ...asked, workspaces: rest.map(({ workspaceId }) => workspaceId) },
                roots: rest.map(({ workspaceId, root }) => ({ workspace: workspaceId, root })),
              })
              setForm({ kind: 'known', ...asked })
              again()
            }}
          />
        </Suspense>
      </div>
    )
  }
  if (made)
    return (
      <div className="page rsp">
        <h1>Lost host</h1>
        <RecoveryKeyNote recoveryKey={made.recoveryKey} path={made.path} onKept={goOn} />
      </div>
    )
  const { data: plan } = planning
  const { error, refetch } = wholeRequest ? planningWhole : planning
  const isSeveral = error !== null && 'code' in error && error.code === 'workspace_ambiguous'
  // Its archives are taken in by now: the place need not be reached once more.
  const pick = (id: WorkspaceId) => {
    setForm({ workspace: id })
    if (request) setRequest({ ...request, source: { kind: 'known' }, workspace: id })
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
      <HostForm form={form} onForm={setForm} isBusy={isPlanning} disabled={!may} onPlan={setRequest} onPlanWhole={planWhole} />
      {request && isSeveral && !isPlanning ? (
        <ChooseWorkspace
          source={request.source}
          onPick={pick}
          onAll={() =>
            planWhole({
              source: { kind: 'known' },
              workspaces: [],
              roots: [],
              maps: request.maps,
              rewriteConfig: request.rewriteConfig,
              leaveOut: [],
            })
          }
        />
      ) : null}
      {error && !isSeveral ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {isPlanning && !planningWhole.data ? <Taking /> : null}
      {wholeRequest && planningWhole.data && !error ? (
        <Suspense fallback={<Reading rows={6} />}>
          <WholePlanView
            plan={planningWhole.data}
            request={wholeRequest}
            out={form.out}
            isPlanning={isPlanning}
            onOut={(out) => setForm({ out })}
            // Its archives are taken in by now: the place need not be reached once more.
            onChange={(change) =>
              planWhole({
                ...wholeRequest,
                source: { kind: 'known' },
                workspaces: planningWhole.data.workspaces.map(({ workspaceId }) => workspaceId),
                ...change,
              })
            }
            onAlone={({ workspaceId, root }) => {
              const { maps, rewriteConfig } = wholeRequest
              setForm({ isWhole: false, kind: 'known', workspace: workspaceId, root })
              setRequest({ source: { kind: 'known' }, workspace: workspaceId, root, maps, rewriteConfig, leaveOut: [] })
            }}
            onSignIn={() => setForm({ kind: 'known' })}
            onKey={setMade}
            onStarted={(jobId) => {
              setForm(nextDraft(form))
              setWhole(null)
              set({ job: jobId, workspace: null })
            }}
          />
        </Suspense>
      ) : null}
      {request && plan && !isPlanning && !error ? (
        <HostPlanView
          key={plan.archiveId}
          request={request}
          plan={plan}
          onRequest={setRequest}
          onSignIn={() => setForm({ kind: 'known', workspace: plan.workspaceId })}
          onKey={setMade}
          onStarted={(jobId) => {
            setForm(nextDraft(form))
            setRequest(null)
            set({ job: jobId, workspace: plan.workspaceId })
          }}
        />
      ) : null}
    </div>
  )
}

const PLANS = ['planHost', 'planWholeHost']

/** What taking archives in changes. */
const KNOWN_BY_THEN = ['listWorkspaces', 'listRepositories']

/** Never sent: the read waits for a request. */
const NOTHING: HostRequest = { source: { kind: 'known' }, root: '/', maps: [], rewriteConfig: false, leaveOut: [] }

const NOTHING_WHOLE: WholeHostRequest = {
  source: { kind: 'known' },
  workspaces: [],
  roots: [],
  maps: [],
  rewriteConfig: false,
  leaveOut: [],
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
