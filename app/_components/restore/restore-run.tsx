'use client'
import { ResultPart } from '#app/_components/jobs/result-part.tsx'
import { useFeedJob } from '#lib/client/job-feed.tsx'
import { useRead } from '#lib/client/queries.ts'
import type { RestorePlan, RestoreRequest } from '#lib/contracts/archive.ts'
import { JobProgressBlock, JobStatus } from '../job-parts.tsx'
import Link from '../link.tsx'
import { ErrorNote, Findings, Reading } from '../parts.tsx'
import { StalePlan } from './stale-plan.tsx'
import './restore.css'

interface Props {
  workspaceId: string
  jobId: `job_${string}`
  /** What the job was asked for; null when the address does not say it. */
  request: RestoreRequest | null
  reviewed: RestorePlan | null
  onFresh: (request: RestoreRequest) => void
  onAgain: () => void
}

/** A restore as it runs, then its result with the proof. */
export function RestoreRun({ workspaceId, jobId, request, reviewed, onFresh, onAgain }: Props) {
  const live = useFeedJob(jobId)
  const read = useRead('getJob', { job: jobId })
  const job = live ?? read.data ?? null
  if (!job && read.error) return <ErrorNote error={read.error} again={() => void read.refetch()} />
  if (!job) return <Reading rows={4} />
  const isDone = job.status === 'finished'
  const asked = request ?? job.restoreRequest
  return (
    <section className="stack" aria-labelledby="run">
      <h1 id="run">{job.title}</h1>
      {isDone ? <JobStatus job={job} /> : <JobProgressBlock job={job} />}
      {job.error ? <ErrorNote error={job.error} /> : null}
      {isDone ? null : <p role="status">Nothing for you to do: it goes on by itself, also when this page is closed.</p>}
      {/* A runbook tells its steps as it takes them. */}
      {isDone || job.kind === 'recover' ? <ResultPart job={job} /> : null}
      {job.error?.code === 'plan_stale' && asked ? <StalePlan request={asked} reviewed={reviewed} onFresh={() => onFresh(asked)} /> : null}
      <Findings findings={job.findings} />
      <div className="fx wrap">
        <Link className="btn" href={`/w/${workspaceId}/jobs/${jobId}`}>
          See the job and its log
        </Link>
        {isDone ? (
          <button type="button" className="btn" onClick={onAgain}>
            Plan another one
          </button>
        ) : null}
      </div>
    </section>
  )
}
