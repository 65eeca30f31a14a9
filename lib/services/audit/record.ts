import { appendAudit } from '#db/console/tables/audit.ts'
import { withoutWaiting } from '#db/handle.ts'
import { toAppError } from '#lib/base/errors.ts'
import type { ServiceContext } from '../context.ts'
import type { JobReporter } from '../jobs/run-as-job.ts'

type RecordedObject = { kind: string; id: string | null; workspaceId?: string | null }

/** Writes a line into the audit log: who did what to which object. */
export function record(ctx: ServiceContext, action: string, object: RecordedObject, detail: Record<string, unknown> = {}): void {
  appendAudit(ctx.consoleDb, {
    at: new Date(ctx.clock.nowMs()).toISOString(),
    actorId: ctx.actor.id,
    actor: ctx.actor.name,
    role: ctx.actor.role,
    via: ctx.actor.via,
    address: ctx.actor.address ?? null,
    action,
    objectKind: object.kind,
    objectId: object.id,
    workspaceId: object.workspaceId ?? null,
    detail,
  })
}

/**
 * The same for work that a job has done already: what was done stands, so a log that cannot be written now is a warning of the job. It becomes durable
 * with the job's end, which comes next.
 */
export function recordDone(
  ctx: ServiceContext,
  reporter: JobReporter,
  action: string,
  object: RecordedObject,
  detail: Record<string, unknown> = {},
): void {
  try {
    withoutWaiting(ctx.consoleDb, () => record(ctx, action, object, detail))
  } catch (error) {
    reporter.log(
      'warning',
      `It is done, but the audit log could not take it in (${action} ${object.id ?? ''}): ${toAppError(error).message}`,
    )
  }
}
