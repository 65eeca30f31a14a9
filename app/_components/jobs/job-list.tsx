'use client'
import { memo } from 'react'
import { formatDuration } from '#lib/base/units.ts'
import { useJobFeed } from '#lib/client/job-feed.tsx'
import { usePages } from '#lib/client/queries.ts'
import type { Job } from '#lib/contracts/job.ts'
import { JOB_KINDS, JOB_OUTCOMES } from '#lib/contracts/kinds.ts'
import { FilterChoice } from '../filter-choice.tsx'
import { JobStatus, outcomeWord } from '../job-parts.tsx'
import Link from '../link.tsx'
import { OlderButton } from '../older-button.tsx'
import { ErrorNote, Reading, Time } from '../parts.tsx'
import { useUrlState } from '../url-state.ts'

/** Jobs of a workspace by kind and result, newest first; open ones as the feed has them now. */
export function JobList({ workspaceId }: { workspaceId: `ws_${string}` }) {
  const { params, set } = useUrlState()
  const kind = oneOf(JOB_KINDS, params.get('kind'))
  const outcome = oneOf(JOB_OUTCOMES, params.get('result'))
  const isFiltered = kind !== undefined || outcome !== undefined
  const list = usePages('listJobs', { workspaceId, limit: 50, kind, outcome })
  const showAll = () => set({ kind: null, result: null })
  const { jobs: live } = useJobFeed()
  const rows = ((list.data?.pages ?? []).flatMap((page) => page.rows) as Job[]).map((row) => live?.find(({ id }) => id === row.id) ?? row)
  return (
    <div className="page">
      <div className="phead">
        <h1>Jobs</h1>
      </div>
      <div className="filters">
        <FilterChoice name="kind" label="Kind" values={JOB_KINDS} />
        <FilterChoice name="result" label="Result" values={JOB_OUTCOMES} wordOf={wordOf} />
        {isFiltered ? (
          <button type="button" className="btn sm" onClick={showAll}>
            Show all
          </button>
        ) : null}
      </div>
      {list.error ? <ErrorNote error={list.error} again={() => void list.refetch()} /> : null}
      {list.isPending ? <Reading rows={6} /> : null}
      {list.data && rows.length === 0 ? (
        <p className="empty">
          {isFiltered ? 'No job is of that kind and ended so.' : 'No job has run yet. A backup, a verify and a restore each show up here.'}
        </p>
      ) : null}
      {rows.length > 0 ? (
        <div className="tw">
          <table className="fold jt">
            <thead>
              <tr>
                <th>Job</th>
                <th>Result</th>
                <th>Started</th>
                <th>By</th>
                <th className="r">Took</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((job) => (
                <JobRow key={job.id} job={job} workspaceId={workspaceId} />
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
      <OlderButton pages={list} label="Show older jobs" />
    </div>
  )
}

/** Drawn anew only when something of the job changed: the feed tells of those under way twice a second. */
const JobRow = memo(function JobRow({ job, workspaceId }: { job: Job; workspaceId: string }) {
  return (
    <tr>
      <td>
        <Link className="link" href={`/w/${workspaceId}/jobs/${job.id}`}>
          {job.title}
        </Link>
      </td>
      <td>
        <JobStatus job={job} />
      </td>
      <td>
        <Time iso={job.startedAt ?? job.createdAt} />
      </td>
      <td className="s">{actorText(job)}</td>
      <td className="r">{tookOf(job)}</td>
    </tr>
  )
})

/** What stands in the address, where it is one of these. */
const oneOf = <T extends string>(all: readonly T[], value: string | null): T | undefined => all.find((one) => one === value)

function wordOf(value: string): string | undefined {
  const outcome = oneOf(JOB_OUTCOMES, value)
  return outcome && outcomeWord(outcome)
}

/** Who started a job; what a shell names after nobody is its command line. */
export const actorText = ({ actor }: Job): string => (actor === 'cli' ? 'command line' : actor)

/** How long a job ran; `-` while it runs or when it never did. */
export const tookOf = (job: Job): string =>
  job.startedAt && job.finishedAt ? formatDuration(Date.parse(job.finishedAt) - Date.parse(job.startedAt)) : '-'
