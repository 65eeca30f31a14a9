'use client'
import { useFeedJob } from '#lib/client/job-feed.tsx'
import { useRead } from '#lib/client/queries.ts'
import type { WholeHostResult } from '#lib/contracts/whole-host.ts'
import { isMissing, wholeHostResult } from '#lib/contracts/whole-host-words.ts'
import { JobProgressBlock, JobStatus } from '../job-parts.tsx'
import { ErrorNote, Reading } from '../parts.tsx'
import { WholeReport } from './whole-report.tsx'

interface Props {
  jobId: `job_${string}`
  /** Plans those that did not come back. */
  onRest(result: WholeHostResult): void
  onAgain(): void
}

/** Several workspaces as they come back, then what became of each. */
export default function WholeRun({ jobId, onRest, onAgain }: Props) {
  const live = useFeedJob(jobId)
  const read = useRead('getJob', { job: jobId })
  const job = live ?? read.data ?? null
  if (!job && read.error) return <ErrorNote error={read.error} again={() => void read.refetch()} />
  if (!job) return <Reading rows={6} />
  const isDone = job.status === 'finished'
  const result = wholeHostResult(job.result)
  const missing = result?.workspaces.filter(isMissing).length ?? 0
  return (
    <section className="stack" aria-labelledby="run">
      <div className="phead">
        <h1 id="run">{job.title}</h1>
        {isDone ? <JobStatus job={job} /> : null}
      </div>
      {isDone ? null : <JobProgressBlock job={job} />}
      {job.error ? <ErrorNote error={job.error} /> : null}
      {result ? <WholeReport result={result} isDone={isDone} /> : isDone ? null : <Reading rows={4} what="Looking once more…" />}
      {isDone ? (
        <div className="fx wrap">
          {result && missing > 0 ? (
            <button type="button" className="btn p lg" onClick={() => onRest(result)}>
              {missing === 1 ? 'Plan the missing one' : `Plan the ${missing} that are missing`}
            </button>
          ) : null}
          <button type="button" className="btn" onClick={onAgain}>
            Plan another one
          </button>
        </div>
      ) : (
        <p className="q">This page may be closed: it goes on, and can be followed here again.</p>
      )}
    </section>
  )
}
