'use client'
import Link from 'next/link'
import { formatBytes, formatDuration } from '#lib/base/units.ts'
import { useNow } from '#lib/client/now.ts'
import { useRead } from '#lib/client/queries.ts'
import type { Job } from '#lib/contracts/job.ts'
import type { Storage } from '#lib/contracts/overview.ts'
import { JobStatus } from '../job-parts.tsx'
import { Changes, ErrorNote, Findings, Reading, SectionHead, Time } from '../parts.tsx'

/** What changed on disk since the newest archive. */
export function RiskSection({ workspaceId, hasArchive }: { workspaceId: `ws_${string}`; hasArchive: boolean }) {
  const { data, error, isFetching, refetch } = useRead('risk', { workspace: workspaceId }, { enabled: hasArchive, staleTime: 60_000 })
  return (
    <section aria-labelledby="risk">
      <SectionHead id="risk" title="Changes at risk" aside={isFetching ? 'Reading…' : undefined}>
        {hasArchive ? (
          <button type="button" className="link" onClick={() => void refetch()}>
            Read again
          </button>
        ) : null}
      </SectionHead>
      {hasArchive ? null : <p className="q">Everything: there is no archive yet.</p>}
      {error ? <ErrorNote error={{ message: `Live workspace cannot be read. ${error.message}`, hint: '' }} /> : null}
      {isFetching && !data ? <Reading rows={4} /> : null}
      {data && !error ? (
        <>
          <table>
            <thead className="vh">
              <tr>
                <th>Item</th>
                <th>Changes</th>
                <th>Bytes</th>
              </tr>
            </thead>
            <tbody>
              {data.items.map((item) => (
                <tr key={item.key}>
                  <td className="b">{item.label}</td>
                  <td className="r">
                    {item.added + item.changed + item.removed === 0 ? <span className="q">same</span> : <Changes counts={item} />}
                  </td>
                  <td className="r s">{formatBytes(item.changedBytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p className="q">
            Files, counted <Time iso={data.readAt} />.
          </p>
          <Findings findings={data.problems} limit={5} />
        </>
      ) : null}
    </section>
  )
}

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
        <dd className="mono">{storage?.repositoryPath ?? '-'}</dd>
        <dt>Next backup</dt>
        <dd>
          {nextRunAt ? (
            <>
              <Time iso={nextRunAt} />, in {formatDuration(Math.max(0, Date.parse(nextRunAt) - now))}
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
            <Link className="ell" href={`/w/${workspaceId}/jobs/${job.id}`}>
              {job.title}
            </Link>
            <JobStatus job={job} />
          </li>
        ))}
      </ul>
    </section>
  )
}
