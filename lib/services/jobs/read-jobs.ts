import { jobOf } from '#db/console/job-record.ts'
import { listOpenJobs, listJobs as listRecords, newestRevision } from '#db/console/queries/list-jobs.ts'
import { finishJob, requireJob } from '#db/console/tables/jobs.ts'
import { toAppError } from '#lib/base/errors.ts'
import type { JobId } from '#lib/base/ids.ts'
import type { Job, JobFeed, JobLogLine, JobStatus } from '#lib/contracts/job.ts'
import { readJobLog } from '#lib/jobs/job-files.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { isAlive } from './process-of-job.ts'

/** Jobs, newest first, by pages. */
export function listJobs(
  ctx: ServiceContext,
  filter: { cursor?: string | undefined; limit?: number | undefined; status?: JobStatus | undefined; workspaceId?: string | undefined },
): { rows: Job[]; nextCursor: string | null } {
  requireRight(ctx, 'list')
  const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
  const { rows, nextCursor } = listRecords(ctx.consoleDb, given)
  return { rows: rows.map(jobOf), nextCursor }
}

/** One job. */
export function getJob(ctx: ServiceContext, id: JobId): Job {
  requireRight(ctx, 'list')
  return jobOf(requireJob(ctx.consoleDb, id))
}

/** A job's log, oldest line first. */
export function getJobLog(ctx: ServiceContext, id: JobId): JobLogLine[] {
  requireRight(ctx, 'list')
  requireJob(ctx.consoleDb, id)
  return readJobLog(ctx.paths.jobs, id)
}

/** What the console's pages follow: open jobs, and the ones that ended last. */
export function jobFeed(ctx: ServiceContext): JobFeed {
  requireRight(ctx, 'list')
  const open = listOpenJobs(ctx.consoleDb)
  const recent = listRecords(ctx.consoleDb, { limit: 10 }).rows.filter((job) => job.status === 'finished')
  return { revision: newestRevision(ctx.consoleDb), jobs: [...open, ...recent].map(jobOf) }
}

/** The number that changes whenever any job does; cheap to poll. */
export const jobRevision = (ctx: ServiceContext): number => newestRevision(ctx.consoleDb)

/** A job queued this long without a process never started. */
const NEVER_STARTED_MS = 60_000

/** Ends jobs whose process is gone without a word as interrupted; living ones are left to go on. Returns how many were ended. */
export function reconcileJobs(ctx: ServiceContext): number {
  let ended = 0
  for (const job of listOpenJobs(ctx.consoleDb)) {
    const nowMs = ctx.clock.realNowMs()
    const isGone = job.process ? !isAlive(job.process) : nowMs - Date.parse(job.createdAt) > NEVER_STARTED_MS
    if (!isGone) continue
    try {
      finishJob(ctx.consoleDb, job.id, {
        outcome: 'interrupted',
        finishedAt: new Date(nowMs).toISOString(),
        error: {
          code: 'cancelled',
          message: `${job.title} was interrupted: its process is gone.`,
          hint: 'Nothing was listed half done. Start it again.',
        },
      })
      ended++
    } catch (error) {
      if (toAppError(error).code !== 'job_state') throw error
    }
  }
  return ended
}
