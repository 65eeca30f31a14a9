import { appendAudit } from '#db/console/tables/audit.ts'
import type { ServiceContext } from '../context.ts'

/** Writes a line into the audit log: who did what to which object. */
export function record(
  ctx: ServiceContext,
  action: string,
  object: { kind: string; id: string | null; workspaceId?: string | null },
  detail: Record<string, unknown> = {},
): void {
  appendAudit(ctx.consoleDb, {
    at: new Date(ctx.clock.nowMs()).toISOString(),
    actorId: ctx.actor.id,
    actor: ctx.actor.name,
    role: ctx.actor.role,
    via: ctx.actor.via,
    address: null,
    action,
    objectKind: object.kind,
    objectId: object.id,
    workspaceId: object.workspaceId ?? null,
    detail,
  })
}
