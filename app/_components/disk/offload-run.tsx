'use client'
import { ResultPart } from '#app/_components/jobs/result-part.tsx'
import { useFeedJob } from '#lib/client/job-feed.tsx'
import { useRead } from '#lib/client/queries.ts'
import { JobProgressBlock, JobStatus } from '../job-parts.tsx'
import Link from '../link.tsx'
import { ErrorNote, Findings, Reading, SectionHead } from '../parts.tsx'

/** An offload as it runs, then what it did. */
export function OffloadRun({ workspaceId, jobId, onClose }: { workspaceId: string; jobId: `job_${string}`; onClose: () => void }) {
  const live = useFeedJob(jobId)
  const read = useRead('getJob', { job: jobId })
  const job = live ?? read.data ?? null
  if (!job && read.error) return <ErrorNote error={read.error} again={() => void read.refetch()} />
  if (!job) return <Reading rows={3} />
  const isDone = job.status === 'finished'
  return (
    <section className="dk-run" aria-labelledby="drun">
      <SectionHead id="drun" title={job.title}>
        {isDone ? <JobStatus job={job} /> : null}
        <span className="sp" />
        <Link className="link" href={`/w/${workspaceId}/jobs/${jobId}`}>
          See the job and its log
        </Link>
      </SectionHead>
      {isDone ? null : <JobProgressBlock job={job} />}
      {job.error ? <ErrorNote error={job.error} /> : null}
      {isDone && job.outcome === 'cancelled' ? (
        <p className="s">It stopped before anything was deleted. Every file is where it was.</p>
      ) : null}
      {isDone ? <ResultPart job={job} /> : null}
      {isDone ? <Findings findings={job.findings} limit={20} /> : null}
      {isDone ? (
        <button type="button" className="btn sm" onClick={onClose}>
          Close
        </button>
      ) : null}
    </section>
  )
}
