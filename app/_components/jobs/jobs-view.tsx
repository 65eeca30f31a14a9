'use client'
import Link from 'next/link'
import { useSearchParams } from 'next/navigation'
import { JobStatus } from '#app/_components/job-parts.tsx'
import { ErrorNote, Reading, Time } from '#app/_components/parts.tsx'
import { formatDuration } from '#lib/base/units.ts'
import { usePages } from '#lib/client/queries.ts'
import type { Job, JobStatus as Status } from '#lib/contracts/job.ts'

const FILTERS: { label: string; status: Status | null }[] = [
  { label: 'All', status: null },
  { label: 'Queued', status: 'queued' },
  { label: 'Running', status: 'running' },
  { label: 'Finished', status: 'finished' },
]

/** Jobs of a workspace, newest first; the filter stands in the address. */
export function JobsView({ workspaceId }: { workspaceId: `ws_${string}` }) {
  const status = (useSearchParams().get('status') as Status | null) ?? null
  const { data, error, isPending, hasNextPage, fetchNextPage, isFetchingNextPage, refetch } = usePages('listJobs', {
    workspaceId,
    limit: 50,
    ...(status ? { status } : {}),
  })
  const jobs = data?.pages.flatMap((page) => page.rows) ?? []
  return (
    <div className="page">
      <div className="phead">
        <h1>Jobs</h1>
        <span className="sp" />
        <nav className="chips" aria-label="Filter by status">
          {FILTERS.map((filter) => (
            <Link
              key={filter.label}
              href={filter.status ? `?status=${filter.status}` : '?'}
              className={`flt ${filter.status === status ? 'on' : ''}`}
              {...(filter.status === status ? { 'aria-current': 'true' } : {})}
            >
              {filter.label}
            </Link>
          ))}
        </nav>
      </div>
      {error ? <ErrorNote error={error} again={() => void refetch()} /> : null}
      {isPending ? <Reading rows={6} what="Reading jobs…" /> : null}
      {data && jobs.length === 0 ? (
        <p className="empty">{status ? 'No job has this status now.' : 'No job ran yet. Backups, restores and checks show up here.'}</p>
      ) : null}
      {jobs.length > 0 ? <JobTable jobs={jobs} base={`/w/${workspaceId}/jobs`} /> : null}
      {hasNextPage ? (
        <button type="button" className="btn" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {isFetchingNextPage ? 'Reading…' : 'Show older jobs'}
        </button>
      ) : null}
    </div>
  )
}

function JobTable({ jobs, base }: { jobs: readonly Job[]; base: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls sideways must be reachable by keyboard
    <section className="tw" aria-label="Jobs" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Job</th>
            <th scope="col">Status</th>
            <th scope="col">Started</th>
            <th scope="col" className="r">
              Took
            </th>
            <th scope="col">By</th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <tr key={job.id}>
              <td>
                <Link className="link" href={`${base}/${job.id}`}>
                  {job.title}
                </Link>
              </td>
              <td>
                <JobStatus job={job} />
              </td>
              <td>
                <Time iso={job.startedAt ?? job.createdAt} />
              </td>
              <td className="r">{formatDuration(tookMs(job))}</td>
              <td>{job.actor}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** How long a finished job ran; null while it runs or if it never started. */
export function tookMs(job: Job): number | null {
  return job.startedAt && job.finishedAt ? Date.parse(job.finishedAt) - Date.parse(job.startedAt) : null
}
