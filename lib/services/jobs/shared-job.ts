import type { JobRecord } from '#db/console/job-record.ts'
import { type RestoreRequest, RestoreRequestSchema } from '#lib/contracts/archive.ts'
import type { Job } from '#lib/contracts/job.ts'

/** Only the shared shape, without what stays on the server. */
export function jobOf(record: JobRecord): Job {
  const { input, actorId: _actorId, process: _process, revision: _revision, ...job } = record
  return { ...job, restoreRequest: record.kind === 'restore' ? restoreRequestOf(input) : null }
}

/** The request of a restore, as the console or the command line stored it; null when it is of another shape. */
function restoreRequestOf(input: unknown): RestoreRequest | null {
  const request = (input as { request?: unknown } | null)?.request ?? input
  return RestoreRequestSchema.safeParse(request).data ?? null
}
