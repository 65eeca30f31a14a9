import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import {
  endRestoreApproval,
  insertRestoreApproval,
  listOpenRestoreApprovals,
  needsSecondToRestore,
  type RestoreApprovalRecord,
  requireRestoreApproval,
} from '#db/console/tables/restore-approvals.ts'
import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import { inTransaction } from '#db/handle.ts'
import { AppError } from '#lib/base/errors.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { AskRestoreApprovalInput, RestoreApproval, RestoreApprovalSummary } from '#lib/contracts/restore-approval.ts'
import { RIGHTS_OF } from '#lib/contracts/rights.ts'
import { record } from '../audit/record.ts'
import { maySee, requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { isSamePerson } from '../retention/may-decide.ts'

/** A plan is about what lies there now: after a day nobody should carry it out without looking again. */
const EXPIRES_MS = 24 * 3_600_000

/** Asks another person for a restore in place of exactly the plan with this digest. One that still waits becomes void. */
export function askRestoreApproval(ctx: ServiceContext, { request, digest, note }: AskRestoreApprovalInput): RestoreApproval {
  requireRight(ctx, 'restore')
  const { id: workspaceId, name: workspace } = requireWorkspace(
    ctx.consoleDb,
    requireArchive(ctx.catalogDb(), request.archiveId).workspaceId,
  )
  if (request.target !== null || !needsSecondToRestore(ctx.consoleDb, workspaceId)) {
    throw new AppError('invalid_input', {
      message: request.target === null ? `${workspace} asks for no second person.` : 'Nothing live is replaced in another folder.',
      hint: 'Start the restore itself.',
    })
  }
  const nowMs = ctx.clock.nowMs()
  const { name: askedBy, id: askedById } = ctx.actor
  const id = inTransaction(ctx.consoleDb, () => {
    endOpen(ctx, workspaceId, 'A newer one took its place.')
    const times = { askedAt: isoOf(nowMs), expiresAt: isoOf(nowMs + EXPIRES_MS) }
    return insertRestoreApproval(ctx.consoleDb, {
      workspaceId,
      workspace,
      request,
      digest,
      note: note || null,
      askedBy,
      askedById,
      ...times,
    })
  })
  record(ctx, 'restore.ask', { kind: 'restore-approval', id, workspaceId }, { archiveId: request.archiveId, paths: request.paths, digest })
  return getRestoreApproval(ctx, id)
}

/** Ends what waits for a workspace, as void. */
export function endOpen(ctx: ServiceContext, workspaceId: WorkspaceId, reason: string): void {
  for (const { id } of listOpenRestoreApprovals(ctx.consoleDb, workspaceId))
    endRestoreApproval(ctx.consoleDb, id, { status: 'void', reason })
}

/** One as it stands now, with what the actor may do about it. */
export function getRestoreApproval(ctx: ServiceContext, id: string): RestoreApproval {
  requireRight(ctx, 'list')
  const approval = freshenApproval(ctx, requireRestoreApproval(ctx.consoleDb, id))
  return { ...summaryOf(approval), may: mayDecide(ctx, approval) }
}

/** Those that wait for a second person; of one workspace or of all that may be seen, the oldest first. */
export function listRestoreApprovals(ctx: ServiceContext, workspaceId: WorkspaceId | null): RestoreApprovalSummary[] {
  requireRight(ctx, 'list')
  return listOpenRestoreApprovals(ctx.consoleDb, workspaceId)
    .filter((one) => maySee(ctx, one.workspaceId) && freshenApproval(ctx, one).status === 'open')
    .map(summaryOf)
}

/** One that waits longer than it may ends by being looked at. */
export function freshenApproval(ctx: ServiceContext, approval: RestoreApprovalRecord): RestoreApprovalRecord {
  if (approval.status !== 'open' || Date.parse(approval.expiresAt) > ctx.clock.nowMs()) return approval
  endRestoreApproval(ctx.consoleDb, approval.id, { status: 'expired', reason: 'Nobody decided in time.' })
  return requireRestoreApproval(ctx.consoleDb, approval.id)
}

/** What an actor may do about one. Whoever asked may take it back. */
export function mayDecide({ actor }: Pick<ServiceContext, 'actor'>, approval: RestoreApprovalRecord): RestoreApproval['may'] {
  if (approval.status !== 'open') return { approve: false, reject: false, why: 'It does not wait any more.' }
  const isOwn = isSamePerson(actor, { id: approval.askedById, name: approval.askedBy })
  if (isOwn) return { approve: false, reject: true, why: 'You asked for it: somebody else has to approve.' }
  const isLead = RIGHTS_OF[actor.role].includes('approve')
  return { approve: isLead, reject: isLead, why: isLead ? null : 'Needs a lead.' }
}

const isoOf = (ms: number) => new Date(ms).toISOString()
const summaryOf = ({ askedById: _, ...summary }: RestoreApprovalRecord): RestoreApprovalSummary => summary
