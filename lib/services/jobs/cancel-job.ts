import type { JobRecord } from '#db/console/job-record.ts'
import { requestCancel, requireJob } from '#db/console/tables/jobs.ts'
import type { JobId } from '#lib/base/ids.ts'
import type { Job } from '#lib/contracts/job.ts'
import { RIGHT_TO_CANCEL } from '#lib/contracts/rights.ts'
import { attempt } from '#lib/jobs/attempt.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { SWAPPERS } from './kinds-of-work.ts'
import { stateOfProcess } from './process-of-job.ts'
import { jobOf } from './shared-job.ts'

/** A job that was asked to stop is killed after this long. */
const FORCE_AFTER_MS = 30_000

/** Asks a job to stop: a clean stop that lists nothing half done. */
export function cancelJob(ctx: ServiceContext, input: { jobId: JobId }): Job {
  const before = requireJob(ctx.consoleDb, input.jobId)
  requireRight(ctx, RIGHT_TO_CANCEL[before.kind])
  const job = requestCancel(ctx.consoleDb, input.jobId, new Date(ctx.clock.realNowMs()).toISOString())
  record(ctx, 'job.cancel', { kind: 'job', id: input.jobId, workspaceId: job.workspaceId }, { title: job.title })
  if (signalJob(job, 'SIGTERM')) setTimeout(() => attempt(() => forceCancel(ctx, input.jobId)), FORCE_AFTER_MS).unref()
  return jobOf(job)
}

/** Kills a job that was asked to stop and did not; its end is then written by `reconcileJobs`. What may be swapping is never killed. */
function forceCancel(ctx: ServiceContext, jobId: JobId): void {
  const job = requireJob(ctx.consoleDb, jobId)
  if (job.status === 'cancelling' && !SWAPPERS.has(job.kind)) signalJob(job, 'SIGKILL')
}

/** Sends a signal to a job's own process and no other; false when it is gone or cannot be seen from here. */
function signalJob(job: JobRecord, signal: NodeJS.Signals): boolean {
  if (!job.process || stateOfProcess(job.process) !== 'alive') return false
  try {
    return process.kill(job.process.pid, signal)
  } catch {
    // It ended in this very moment.
    return false
  }
}
