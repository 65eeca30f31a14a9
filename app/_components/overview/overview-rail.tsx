'use client'
import { formatBytes, formatMinutes } from '#lib/base/units.ts'
import { useNow } from '#lib/client/now.ts'
import type { Job } from '#lib/contracts/job.ts'
import type { Storage } from '#lib/contracts/overview.ts'
import { JobStatus } from '../job-parts.tsx'
import Link from '../link.tsx'
import { PathText, SectionHead, Time } from '../parts.tsx'

interface StorageProps {
  storage: Storage | null
  nextRunAt: string | null
  overdueSince: string | null
}

/** Where archives lie, what is free, when the next one comes. */
export function StorageSection({ storage, nextRunAt, overdueSince }: StorageProps) {
  const now = useNow(60_000)
  const used = storage && storage.totalBytes !== null && storage.freeBytes !== null ? 1 - storage.freeBytes / storage.totalBytes : null
  return (
    <section aria-labelledby="sto">
      <SectionHead id="sto" title="Storage" />
      {used === null ? null : (
        <span className="gauge" aria-hidden="true">
          <i style={{ width: `${used * 100}%` }} />
        </span>
      )}
      <dl className="kv">
        <dt>Archives</dt>
        <dd>{storage ? `${formatBytes(storage.contentBytes)} kept in ${formatBytes(storage.storedBytes)}` : '-'}</dd>
        <dt>Free</dt>
        <dd>{storage && storage.freeBytes !== null ? `${formatBytes(storage.freeBytes)} of ${formatBytes(storage.totalBytes)}` : '-'}</dd>
        <dt>Repository</dt>
        <dd>{storage ? <PathText path={storage.repositoryPath} /> : '-'}</dd>
        <dt>Next backup</dt>
        <dd>
          {nextRunAt ? (
            <>
              <Time iso={nextRunAt} />, in {formatMinutes(Date.parse(nextRunAt) - now)}
            </>
          ) : (
            'Nothing scheduled'
          )}
          {overdueSince ? <span className="warn"> (one is overdue)</span> : null}
        </dd>
      </dl>
    </section>
  )
}

/** What ran last. */
export function RecentJobs({ workspaceId, jobs }: { workspaceId: string; jobs: Job[] }) {
  return (
    <section aria-labelledby="act">
      <SectionHead id="act" title="Recent jobs">
        <Link className="link" href={`/w/${workspaceId}/jobs`}>
          All jobs
        </Link>
      </SectionHead>
      {jobs.length === 0 ? <p className="q">No job has run yet.</p> : null}
      <ul className="feed">
        {jobs.map((job) => (
          <li key={job.id}>
            <Time iso={job.createdAt} />
            <Link href={`/w/${workspaceId}/jobs/${job.id}`}>{job.title}</Link>
            <JobStatus job={job} />
          </li>
        ))}
      </ul>
    </section>
  )
}
