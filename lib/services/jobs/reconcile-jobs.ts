import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { JobRecord } from '#db/console/job-record.ts'
import { listOpenJobs } from '#db/console/queries/list-jobs.ts'
import { finishJob } from '#db/console/tables/jobs.ts'
import { toAppError } from '#lib/base/errors.ts'
import type { JobKind } from '#lib/contracts/job.ts'
import { wholeHostResult } from '#lib/contracts/whole-host-words.ts'
import { type JobEnding, readJobEnding } from '#lib/jobs/job-files.ts'
import type { ServiceContext } from '../context.ts'
import { stateOfProcess } from './process-of-job.ts'

/** A job queued this long without a process never started. */
const NEVER_STARTED_MS = 60_000
/** A job of another container, which cannot be looked into, counts as gone when its record stood still for this long; living ones write all the time. */
const SILENT_MS = 10 * 60_000

/**
 * Ends the jobs whose process is gone, as they said themselves when they came to that, else as interrupted; living ones are left to go on.
 * Returns how many were ended.
 */
export function reconcileJobs(ctx: ServiceContext): number {
  let ended = 0
  for (const job of listOpenJobs(ctx.consoleDb)) {
    if (!isGone(ctx, job)) continue
    const ending = readJobEnding(ctx.paths.jobs, job.id) ?? interrupted(job, new Date(ctx.clock.realNowMs()).toISOString())
    try {
      finishJob(ctx.consoleDb, job.id, ending)
      ended++
    } catch (error) {
      if (toAppError(error).code !== 'job_state') throw error
    }
  }
  return ended
}

function isGone(ctx: ServiceContext, job: JobRecord): boolean {
  const nowMs = ctx.clock.realNowMs()
  if (job.process === null) return nowMs - Date.parse(job.createdAt) > NEVER_STARTED_MS
  const state = stateOfProcess(job.process)
  return state === 'dead' || (state === 'unknown' && nowMs - lastSignOfLife(ctx, job) > SILENT_MS)
}

function lastSignOfLife(ctx: ServiceContext, job: JobRecord): number {
  const stat = statSync(join(ctx.paths.jobs, `${job.id}.ndjson`), { throwIfNoEntry: false })
  return Math.max(Date.parse(job.startedAt ?? job.createdAt), stat?.mtimeMs ?? 0)
}

/** A process that was told to stop before it could say anything has done what it was told. */
function interrupted(job: JobRecord, finishedAt: string): JobEnding {
  const isCancelled = job.status === 'cancelling'
  return {
    outcome: isCancelled ? 'cancelled' : 'interrupted',
    finishedAt,
    findings: [],
    result: null,
    error: isCancelled
      ? null
      : {
          code: 'cancelled',
          message: `${job.title} was interrupted: its process is gone.`,
          hint: wholeHostResult(job.result) ? WHOLE_HOST_HINT : HINTS[job.kind],
        },
  }
}

const WHOLE_HOST_HINT =
  'Workspaces that are back stay as they are. Plan the rest again: the one that was under way is finished by that where it had come so far, else taken back.'

const HINTS: Record<JobKind, string> = {
  backup: 'Nothing was listed half done; earlier archives are as they were. Start it again.',
  restore:
    'The next verb of its workspace, or `orchive settle`, finishes it when it had come so far, else takes it back. Then start it again.',
  undo: 'The next verb of its workspace, or `orchive settle`, finishes it when it had come so far, else takes it back. Then start it again.',
  recover:
    'Everything from before is in the safety archive that it took first. `orchive settle` finishes or takes back what was under way; then start it again.',
  verify: 'Start it again.',
  drill: 'Nothing live was touched. Start it again: it first takes away what this one left in scratch.',
  offload:
    'Every file that is gone is in its archive, which is held. See what went with `orchive disk`, bring it back by restoring that archive in place, or start it again.',
  retention: 'What is forgotten already lies in the trash, see `orchive trash`; the other archives are as they were. Make a new proposal.',
  import: 'Files that were taken in before are listed, the one under way is not. Start it again.',
  prune: 'Every archive that is listed is whole. Start it again: it goes on where this one stopped.',
  heal: 'Nothing that was whole is gone: damaged packs are set aside only once what was found is written. Start it again.',
  replicate: 'Every archive that the copy lists is whole. Start it again: it goes on where this one stopped.',
  migrate:
    'The old repository is as it was, and what is listed in the new one is whole. Start it again: it goes on where this one stopped.',
  rebuild: 'The catalog is as it was. Start it again.',
}
