'use client'
import { useJobFeed } from '#lib/client/job-feed.tsx'
import { useRead } from '#lib/client/queries.ts'
import { CancelJob, JobStatus, ProgressBar, ProgressFigures } from './job-parts.tsx'
import Link from './link.tsx'
import { Time } from './parts.tsx'

/** The oldest job under way, or the last result and the next run; in the same place on every page. */
export function JobBar({ workspaceId }: { workspaceId: string | null }) {
  const { jobs, connected, isHeldBack } = useJobFeed()
  const open = (jobs ?? []).filter((job) => job.status !== 'finished').at(-1)
  if (jobs !== null && !connected)
    return (
      <section className="jobbar shown" aria-label="Jobs">
        <span className="warn" role={isHeldBack ? 'alert' : undefined}>
          The console does not answer.{' '}
          {isHeldBack ? 'This page stays open until it does; follow the link again then.' : 'What is shown may be old.'}
        </span>
      </section>
    )
  if (open) {
    return (
      <section className="jobbar shown" aria-label="Jobs">
        <Link className="ell" href={jobHref(workspaceId, open.id)}>
          <b>{open.title}</b>
        </Link>
        <ProgressBar progress={open.progress} />
        {open.status === 'running' && open.progress ? <ProgressFigures progress={open.progress} /> : <JobStatus job={open} />}
        <span className="sp" />
        <CancelJob job={open} small label={`Stop ${open.title}`} />
      </section>
    )
  }
  return <Quiet workspaceId={workspaceId} />
}

const jobHref = (workspaceId: string | null, jobId: string) => (workspaceId ? `/w/${workspaceId}/jobs/${jobId}` : '/settings/workspaces')

function Quiet({ workspaceId }: { workspaceId: string | null }) {
  const { jobs } = useJobFeed()
  const last = jobs?.find((job) => job.status === 'finished' && job.workspaceId === workspaceId) ?? null
  const overview = useRead('overview', { workspace: workspaceId as `ws_${string}` }, { enabled: workspaceId !== null })
  const next = overview.data?.nextRunAt ?? null
  return (
    <section className="jobbar" aria-label="Jobs">
      {last ? (
        <>
          <Link href={jobHref(workspaceId, last.id)}>
            <b>{last.title}</b>
          </Link>
          <JobStatus job={last} />
          {last.finishedAt ? <Time iso={last.finishedAt} /> : null}
        </>
      ) : (
        <span>{jobs === null ? 'Reading jobs…' : 'No job has run yet.'}</span>
      )}
      <span className="sp" />
      {overview.data ? (
        <span>
          {next === null ? (
            'Nothing scheduled'
          ) : (
            <>
              Next backup <Time iso={next} />
            </>
          )}
        </span>
      ) : null}
    </section>
  )
}
