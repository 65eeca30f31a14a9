'use client'
import Link from 'next/link'
import { JobProgressBlock, JobStatus } from '#app/_components/job-parts.tsx'
import { CommandPopover, ErrorNote, Findings, Reading, SectionHead, Time } from '#app/_components/parts.tsx'
import { formatDuration } from '#lib/base/units.ts'
import { useFeedJob } from '#lib/client/job-feed.tsx'
import { useRead } from '#lib/client/queries.ts'
import type { Finding } from '#lib/contracts/common.ts'
import type { Job } from '#lib/contracts/job.ts'
import { tookMs } from './jobs-view.tsx'

/** One job: where it is, what it found, what it said. */
export function JobView({ jobId }: { jobId: `job_${string}` }) {
  const { data, error, refetch } = useRead('getJob', { job: jobId })
  // The feed is newer while the job runs; the read knows jobs that the feed has long forgotten.
  const job = useFeedJob(jobId) ?? data
  if (error && !job)
    return (
      <div className="page">
        <ErrorNote error={error} again={() => void refetch()} />
      </div>
    )
  if (!job)
    return (
      <div className="page">
        <Reading rows={5} what="Reading the job…" />
      </div>
    )
  return (
    <div className="page">
      <div className="phead">
        <h1>{job.title}</h1>
        <span className="sp" />
        <CommandPopover command={job.command} />
      </div>
      {job.status === 'finished' ? <Ended job={job} /> : <JobProgressBlock job={job} />}
      <Facts job={job} />
      <Problems findings={job.findings} />
      <Log jobId={jobId} isOpen={job.status !== 'finished'} />
    </div>
  )
}

function Ended({ job }: { job: Job }) {
  const archiveId = (job.result as { archiveId?: string } | null)?.archiveId
  return (
    <div className="stack">
      <p>
        <JobStatus job={job} />
      </p>
      {job.error ? <ErrorNote error={job.error} /> : null}
      {job.kind === 'backup' && archiveId && job.workspaceId ? (
        <p>
          <Link className="link" href={`/w/${job.workspaceId}/archives?sel=${archiveId}`}>
            See archive {archiveId}
          </Link>
        </p>
      ) : null}
    </div>
  )
}

function Facts({ job }: { job: Job }) {
  return (
    <dl className="kv">
      <dt>Job</dt>
      <dd className="mono">{job.id}</dd>
      <dt>Asked for by</dt>
      <dd>{job.actor}</dd>
      <dt>Queued</dt>
      <dd>
        <Time iso={job.createdAt} />
      </dd>
      <dt>Started</dt>
      <dd>{job.startedAt ? <Time iso={job.startedAt} /> : '-'}</dd>
      <dt>Ended</dt>
      <dd>{job.finishedAt ? <Time iso={job.finishedAt} /> : '-'}</dd>
      <dt>Took</dt>
      <dd>{formatDuration(tookMs(job))}</dd>
    </dl>
  )
}

/** Problems by cause: a thousand unreadable files are one cause. */
function Problems({ findings }: { findings: readonly Finding[] }) {
  if (findings.length === 0) return null
  const groups = new Map<string, Finding[]>()
  for (const finding of findings) groups.set(finding.code, [...(groups.get(finding.code) ?? []), finding])
  return (
    <section aria-labelledby="problems">
      <SectionHead id="problems" title="Problems" aside={`${findings.length}`} />
      {[...groups].map(([code, group]) => (
        <details key={code} open={group.length < 10}>
          <summary>
            <span className="b">{code.replaceAll('_', ' ')}</span> <span className="q">{group.length}</span>
          </summary>
          <Findings findings={group} />
        </details>
      ))}
    </section>
  )
}

function Log({ jobId, isOpen }: { jobId: `job_${string}`; isOpen: boolean }) {
  const { data, error } = useRead('jobLog', { job: jobId }, { refetchInterval: isOpen ? 2000 : false })
  return (
    <section aria-labelledby="log">
      <SectionHead id="log" title="Log" />
      {error ? <ErrorNote error={error} /> : null}
      {data?.length === 0 ? <p className="empty">It said nothing.</p> : null}
      <ol className="joblog mono">
        {(data ?? []).map((line) => (
          <li key={`${line.at}${line.message}`} className={line.level === 'error' ? 'bad' : line.level === 'warning' ? 'warn' : 's'}>
            <time dateTime={line.at}>{line.at.slice(11, 19)}</time> <span className="brk">{line.message}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}
