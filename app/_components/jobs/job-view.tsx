'use client'
import { plural } from '#lib/base/plural.ts'
import { formatClock } from '#lib/client/format.ts'
import { useFeedJob } from '#lib/client/job-feed.tsx'
import { usePages, useRead } from '#lib/client/queries.ts'
import type { Job } from '#lib/contracts/job.ts'
import { JobProgressBlock, JobStatus } from '../job-parts.tsx'
import Link from '../link.tsx'
import { OlderButton } from '../older-button.tsx'
import { CommandPopover, ErrorNote, Findings, Reading, SectionHead, Time } from '../parts.tsx'
import { reviewHref } from '../restore/restore-address.ts'
import { actorText, tookOf } from './job-list.tsx'
import { ResultPart } from './result-part.tsx'

/** One job in detail; live while it runs. */
export function JobView({ jobId }: { jobId: `job_${string}` }) {
  const live = useFeedJob(jobId)
  const read = useRead('getJob', { job: jobId })
  const job = live ?? read.data ?? null
  return (
    <div className="page">
      {job ? (
        <JobDetail job={job} />
      ) : read.error ? (
        <>
          <h1>Job</h1>
          <ErrorNote error={read.error} again={() => void read.refetch()} />
        </>
      ) : (
        <>
          <h1>Reading…</h1>
          <Reading rows={5} />
        </>
      )}
    </div>
  )
}

/** What a cancelled job leaves behind. */
const LEFT_BY_CANCEL: Record<Job['kind'], string> = {
  backup: 'Nothing was listed; earlier archives are as they were.',
  restore: 'In place, what is live is as it was; a fresh folder keeps the files that were whole.',
  undo: 'What is live is as it was.',
  recover: 'What is live is as it was, or as the finished restore left it; the safety archive stays.',
  drill: 'Its scratch folder is removed; the archive keeps its grade.',
  verify: 'An archive that was finished keeps its new grade.',
  offload: 'Nothing is gone from the live disk that is not in its archive, which is held.',
  retention: 'What is forgotten already lies in the trash; the other archives are as they were.',
  import: 'What was taken in before stays; nothing half done is listed.',
  prune: 'Every archive that is listed is whole; what was not taken away yet goes with the next prune.',
  heal: 'Nothing that was whole is gone; what was found and written stays.',
  replicate: 'Every archive that the copy lists is whole; the next sync goes on where this one stopped.',
  migrate: 'The old repository is as it was. The next run goes on from what is written.',
  rebuild: 'The catalog is as it was.',
}

function JobDetail({ job }: { job: Job }) {
  const isOpen = job.status !== 'finished'
  return (
    <>
      <div className="phead">
        <h1>{job.title}</h1>
        {isOpen ? null : <JobStatus job={job} />}
        <span className="sp" />
        <CommandPopover command={job.command} />
      </div>
      {isOpen ? <JobProgressBlock job={job} /> : null}
      {job.error ? <ErrorNote error={job.error} /> : null}
      {job.error?.code === 'plan_stale' && job.restoreRequest && job.workspaceId ? (
        <p>
          <Link className="btn p" href={reviewHref(job.workspaceId, job.restoreRequest)}>
            Review a fresh plan
          </Link>
        </p>
      ) : null}
      {job.outcome === 'cancelled' ? <p className="s">It stopped cleanly. {LEFT_BY_CANCEL[job.kind]}</p> : null}
      <dl className="kv">
        <dt>Started</dt>
        <dd>{job.startedAt ? <Time iso={job.startedAt} /> : '-'}</dd>
        <dt>Finished</dt>
        <dd>{job.finishedAt ? <Time iso={job.finishedAt} /> : '-'}</dd>
        <dt>Took</dt>
        <dd>{tookOf(job)}</dd>
        <dt>By</dt>
        <dd>{actorText(job)}</dd>
        <dt>Job</dt>
        <dd className="mono">{job.id}</dd>
      </dl>
      {job.result ? (
        <section aria-labelledby="result">
          <SectionHead id="result" title="Result" />
          <ResultPart job={job} />
        </section>
      ) : null}
      {job.findings.length === 0 && job.error ? null : (
        <section aria-labelledby="problems">
          <SectionHead id="problems" title="Problems" aside={job.findings.length || undefined} />
          {job.findings.length === 0 ? (
            <p className="q">{isOpen ? 'None so far.' : 'None.'}</p>
          ) : (
            <Findings findings={job.findings} limit={200} />
          )}
        </section>
      )}
      <JobLog jobId={job.id as `job_${string}`} isOpen={isOpen} />
    </>
  )
}

function JobLog({ jobId, isOpen }: { jobId: `job_${string}`; isOpen: boolean }) {
  const log = usePages('jobLog', { job: jobId }, { refetchInterval: isOpen ? 2000 : false })
  const lines = log.data?.pages.flatMap((page) => page.rows).reverse() ?? []
  return (
    <section aria-labelledby="log">
      <SectionHead
        id="log"
        title="Log"
        aside={lines.length === 0 ? undefined : log.hasNextPage ? `the last ${lines.length} lines` : plural(lines.length, 'line')}
      />
      {log.error ? <ErrorNote error={log.error} again={() => void log.refetch()} /> : null}
      {log.data && lines.length === 0 ? <p className="q">Nothing was logged.</p> : null}
      {lines.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        <section className="log mono" tabIndex={0} aria-label="Log lines">
          <OlderButton pages={log} label="Earlier lines" />
          {lines.map((line, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines are only ever added at the end
            <p key={i} className={line.level === 'error' ? 'bad' : line.level === 'warning' ? 'warn' : ''}>
              <time dateTime={line.at} title={line.at}>
                {formatClock(line.at)}:{line.at.slice(17, 19)}
              </time>{' '}
              {line.message}
            </p>
          ))}
        </section>
      ) : null}
    </section>
  )
}
