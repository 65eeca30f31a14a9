'use client'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { askRestoreApproval, startRestore } from '#app/actions.ts'
import { useRead } from '#lib/client/queries.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { RestorePlan, RestoreRequest } from '#lib/contracts/archive.ts'
import { ErrorNote, Reading } from '../parts.tsx'
import { useUrlState } from '../url-state.ts'
import { PlanReview } from './plan-review.tsx'
import { addressOfRequest, requestOfAddress } from './restore-address.ts'
import { RestoreDecision } from './restore-decision.tsx'
import { RestoreForm } from './restore-form.tsx'
import { RestoreRun } from './restore-run.tsx'
import { WaitingNote } from './waiting-note.tsx'
import './restore.css'

interface Props {
  workspaceId: `ws_${string}`
  name: string
  root: string
}

const STEPS = ['Archive and target', 'Review', 'Run']

/** Choose, plan, review, run; request, step and run are in the address. */
export function RestoreView({ workspaceId, name, root }: Props) {
  const { params, set } = useUrlState()
  /** The plan that was agreed to, kept to say what changed should it be stale. */
  const [agreed, setAgreed] = useState<RestorePlan | null>(null)
  const jobId = params.get('job')
  const request = requestOfAddress(params)
  const isReview = !jobId && request !== null && params.get('step') === 'review'
  if (jobId)
    return (
      <div className="page rsp">
        <Steps at={2} />
        <RestoreRun
          key={jobId}
          workspaceId={workspaceId}
          jobId={jobId as `job_${string}`}
          request={request}
          reviewed={agreed}
          onFresh={(asked) => set({ ...addressOfRequest(asked), job: null, step: 'review' })}
          onAgain={() => set({ job: null, step: null, path: null })}
        />
      </div>
    )
  if (isReview)
    return (
      <Review
        name={name}
        root={root}
        workspaceId={workspaceId}
        request={request}
        onStarted={(job, plan) => {
          setAgreed(plan)
          set({ job })
        }}
        onDiscard={() => set({ step: null })}
      />
    )
  return (
    <div className="page rsp">
      <Steps at={0} />
      <h1>{params.get('archive') ? `Restore ${name} from one archive` : `Restore ${name}`}</h1>
      <WaitingNote workspaceId={workspaceId} />
      <RestoreForm
        workspaceId={workspaceId}
        name={name}
        root={root}
        archiveId={params.get('archive')}
        paths={params.getAll('path')}
        before={request}
        onArchive={(archive) => set({ archive, path: null })}
        onPaths={(path) => set({ path })}
        onPlan={(asked) => set({ ...addressOfRequest(asked), step: 'review' })}
      />
    </div>
  )
}

interface ReviewProps extends Props {
  request: RestoreRequest
  onStarted: (jobId: string, plan: RestorePlan) => void
  onDiscard: () => void
}

function Review({ workspaceId, name, root, request, onStarted, onDiscard }: ReviewProps) {
  // A plan is an object: it stays as it was reviewed until somebody asks for another, or comes back later.
  const planning = useRead('planRestore', request, { staleTime: Number.POSITIVE_INFINITY, refetchOnMount: 'always' })
  const router = useRouter()
  const starting = useAction(startRestore)
  const asking = useAction(askRestoreApproval)
  const plan = planning.isFetching ? null : planning.data
  const start = async (typed: { confirmName?: string; breakGlass?: string }) => {
    if (!plan) return
    const started = await starting.send({ request, digest: plan.digest, ...typed })
    if (started) onStarted(started.jobId, plan)
  }
  const ask = async (note: string) => {
    if (!plan) return
    const asked = await asking.send({ request, digest: plan.digest, ...(note ? { note } : {}) })
    if (asked) router.push(`/w/${workspaceId}/restore/${asked.id}`)
  }
  if (!plan)
    return (
      <div className="page rsp">
        <Steps at={1} />
        <h1>{planning.error ? 'This restore cannot be planned' : 'Planning…'}</h1>
        {planning.error ? <ErrorNote error={planning.error} again={() => void planning.refetch()} /> : <Reading rows={6} />}
        <div className="fx wrap">
          <button type="button" className="btn" onClick={onDiscard}>
            Change what is restored
          </button>
        </div>
      </div>
    )
  return (
    <PlanReview key={plan.digest} plan={plan} request={request} name={name} head={<Steps at={1} />}>
      <RestoreDecision
        workspaceId={workspaceId}
        plan={plan}
        request={request}
        name={name}
        root={root}
        busy={starting.busy || asking.busy}
        error={starting.error ?? asking.error}
        onStart={(typed) => void start(typed)}
        onAsk={(note) => void ask(note)}
        onPlanAgain={() => void planning.refetch()}
        onDiscard={onDiscard}
      />
    </PlanReview>
  )
}

function Steps({ at }: { at: number }) {
  return (
    <ol className="stp" aria-label="Steps">
      {STEPS.map((label, i) => (
        <li key={label} {...(i === at ? { 'aria-current': 'step' } : {})}>
          <span className={`dot ${i < at ? 'done' : i === at ? 'now' : ''}`} aria-hidden="true">
            {i < at ? '✓' : i + 1}
          </span>
          {label}
        </li>
      ))}
    </ol>
  )
}
