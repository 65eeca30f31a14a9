'use client'
import { useState } from 'react'
import { planRestore, startRestore } from '#app/actions.ts'
import { formatTime } from '#lib/client/format.ts'
import { useAction } from '#lib/client/use-action.ts'
import type { RestorePlan, RestoreRequest } from '#lib/contracts/archive.ts'
import { ErrorNote } from '../parts.tsx'
import { useUrlState } from '../url-state.ts'
import { PlanReview } from './plan-review.tsx'
import { RestoreForm } from './restore-form.tsx'
import { RestoreRun } from './restore-run.tsx'

interface Props {
  workspaceId: `ws_${string}`
  name: string
  root: string
}

const STEPS = ['Archive and target', 'Review', 'Run']

/** Choose, plan, review, run; a run under way is in the address. */
export function RestoreView({ workspaceId, name, root }: Props) {
  const { params, set } = useUrlState()
  const [reviewed, setReviewed] = useState<{ request: RestoreRequest; plan: RestorePlan } | null>(null)
  const planning = useAction(planRestore)
  const starting = useAction(startRestore)
  const jobId = params.get('job')
  const step = jobId ? 2 : reviewed ? 1 : 0
  const makePlan = async (request: RestoreRequest) => {
    starting.clear()
    const plan = await planning.send(request)
    if (plan) setReviewed({ request, plan })
  }
  const start = async (confirmName: string | undefined) => {
    if (!reviewed) return
    const { request, plan } = reviewed
    const started = await starting.send({ request, digest: plan.digest, ...(confirmName ? { confirmName } : {}) })
    if (started) set({ job: started.jobId })
  }
  return (
    <div className="page rsp">
      <ol className="stp" aria-label="Steps">
        {STEPS.map((label, i) => (
          <li key={label} {...(i === step ? { 'aria-current': 'step' } : {})}>
            <span className={`dot ${i < step ? 'done' : i === step ? 'now' : ''}`} aria-hidden="true">
              {i < step ? '✓' : i + 1}
            </span>
            {label}
          </li>
        ))}
      </ol>
      {jobId ? (
        <RestoreRun
          workspaceId={workspaceId}
          jobId={jobId as `job_${string}`}
          onAgain={() => {
            setReviewed(null)
            set({ job: null })
          }}
        />
      ) : (
        <>
          <h1>{params.get('archive') ? `Restore ${name} from one archive` : `Restore ${name}`}</h1>
          <RestoreForm
            workspaceId={workspaceId}
            name={name}
            root={root}
            archiveId={params.get('archive')}
            paths={params.getAll('path')}
            busy={planning.busy}
            onArchive={(archive) => {
              setReviewed(null)
              set({ archive, path: null })
            }}
            onChange={() => setReviewed(null)}
            onPlan={(request) => void makePlan(request)}
          />
          {planning.error ? <ErrorNote error={planning.error} /> : null}
          {reviewed ? (
            <PlanReview
              key={reviewed.plan.digest}
              plan={reviewed.plan}
              request={reviewed.request}
              name={name}
              busy={starting.busy}
              onStart={(typed) => void start(typed)}
              onDiscard={() => setReviewed(null)}
            />
          ) : null}
          {starting.error ? <ErrorNote error={starting.error} /> : null}
        </>
      )}
    </div>
  )
}

/** How an archive is named in a list to choose from. */
export const archiveLabel = (archive: { createdAt: string; grade: number | null; kind: string; suspect: boolean }): string =>
  [
    formatTime(archive.createdAt),
    archive.grade === null ? 'not verified' : `L${archive.grade}`,
    archive.kind === 'backup' ? '' : archive.kind,
    archive.suspect ? 'suspect' : '',
  ]
    .filter(Boolean)
    .join(', ')
