import { listOpenJobs, listJobs as listRecords, newestRevision } from '#db/console/queries/list-jobs.ts'
import { requireJob } from '#db/console/tables/jobs.ts'
import { decodeCursor, encodeCursor, pageLimit } from '#db/cursor.ts'
import type { JobId } from '#lib/base/ids.ts'
import type { Job, JobFeed, JobKind, JobLogLine, JobOutcome, JobStatus } from '#lib/contracts/job.ts'
import { readJobLog } from '#lib/jobs/job-files.ts'
import { maySee, requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { jobOf } from './shared-job.ts'

/** Which jobs; what is left out does not narrow. */
interface JobsInput {
  cursor?: string | undefined
  limit?: number | undefined
  workspaceId?: string | undefined
  kind?: JobKind | undefined
  status?: JobStatus | undefined
  outcome?: JobOutcome | undefined
}

/** Jobs, newest first, by pages; a page may be shorter by those of workspaces that one does not see. */
export function listJobs(ctx: ServiceContext, filter: JobsInput): { rows: Job[]; nextCursor: string | null } {
  requireRight(ctx, 'list')
  const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
  const { rows, nextCursor } = listRecords(ctx.consoleDb, given)
  return { rows: rows.filter(({ workspaceId }) => maySee(ctx, workspaceId)).map(jobOf), nextCursor }
}

/** One job. */
export function getJob(ctx: ServiceContext, id: JobId): Job {
  requireRight(ctx, 'list')
  return jobOf(requireJob(ctx.consoleDb, id))
}

/** A job's log, its last line first, by pages. */
export function getJobLog(
  ctx: ServiceContext,
  id: JobId,
  page: { cursor?: string | undefined; limit?: number | undefined } = {},
): { rows: JobLogLine[]; nextCursor: string | null } {
  requireRight(ctx, 'list')
  requireJob(ctx.consoleDb, id)
  const limit = pageLimit(page.limit, 200, 500)
  const lines = readJobLog(ctx.paths.jobs, id)
  const [end] = decodeCursor('job-log', page.cursor, ['number']) ?? [lines.length]
  const start = Math.max(0, end - limit)
  return { rows: lines.slice(start, end).reverse(), nextCursor: start > 0 ? encodeCursor('job-log', [start]) : null }
}

/** What the console's pages follow: open jobs, and the ones that ended last. */
export function jobFeed(ctx: ServiceContext): JobFeed {
  requireRight(ctx, 'list')
  const open = listOpenJobs(ctx.consoleDb)
  const recent = listRecords(ctx.consoleDb, { limit: 10 }).rows.filter((job) => job.status === 'finished')
  return {
    revision: newestRevision(ctx.consoleDb),
    jobs: [...open, ...recent].filter(({ workspaceId }) => maySee(ctx, workspaceId)).map(jobOf),
  }
}

/** The number that changes whenever any job does; cheap to poll. */
export const jobRevision = ({ consoleDb }: Pick<ServiceContext, 'consoleDb'>): number => newestRevision(consoleDb)
