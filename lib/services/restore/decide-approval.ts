import {
  decideRestoreApproval,
  noteRestoreApprovalJob,
  type RestoreApprovalRecord,
  requireRestoreApproval,
} from '#db/console/tables/restore-approvals.ts'
import { inTransaction } from '#db/handle.ts'
import { AppError } from '#lib/base/errors.ts'
import type { JobId } from '#lib/base/ids.ts'
import type { ApproveRestoreInput, RejectRestoreInput, RestoreApproval } from '#lib/contracts/restore-approval.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { freshenApproval, getRestoreApproval, mayDecide } from './approvals.ts'
import { startReviewedRestore } from './start-restore.ts'

/** Approves exactly the plan with this digest, and starts the restore: it does that plan or, when live files moved on, nothing. */
export async function approveRestore(ctx: ServiceContext, input: ApproveRestoreInput): Promise<{ jobId: JobId }> {
  requireRight(ctx, 'approve')
  requireRight(ctx, 'restore')
  const found = openOne(ctx, input.approval)
  const may = mayDecide(ctx, found)
  if (!may.approve) {
    throw new AppError('not_permitted', {
      message: `${ctx.actor.name} asked for ${found.id}, and ${found.workspace} asks for a second person.`,
      hint: 'Send the link to another lead. In an emergency restore it as break-glass, with a reason.',
    })
  }
  if (input.digest !== found.digest) {
    throw new AppError('plan_stale', {
      message: `This is not the plan that ${found.askedBy} reviewed.`,
      hint: 'Nothing was changed. Look at it as it is now, and ask again.',
    })
  }
  if (input.confirmName !== found.workspace) {
    throw new AppError('invalid_input', { message: `Type ${found.workspace} to replace its items.`, hint: 'Nothing was changed.' })
  }
  note(ctx, found, { status: 'started', reason: input.reason || null })
  const { jobId } = await startReviewedRestore(ctx, found)
  noteRestoreApprovalJob(ctx.consoleDb, found.id, jobId)
  return { jobId }
}

/** Declines one, or takes one's own back: nothing is restored. */
export function rejectRestore(ctx: ServiceContext, input: RejectRestoreInput): RestoreApproval {
  requireRight(ctx, 'restore')
  const found = openOne(ctx, input.approval)
  if (!mayDecide(ctx, found).reject) requireRight(ctx, 'approve')
  note(ctx, found, { status: 'rejected', reason: input.reason })
  return getRestoreApproval(ctx, found.id)
}

function openOne(ctx: ServiceContext, id: string): RestoreApprovalRecord {
  const found = freshenApproval(ctx, requireRestoreApproval(ctx.consoleDb, id))
  if (found.status !== 'open') throw wrongState(found)
  return found
}

/** Of two decisions at once the first one counts. */
function note(
  ctx: ServiceContext,
  { id, workspaceId, digest }: RestoreApprovalRecord,
  decision: { status: 'started' | 'rejected'; reason: string | null },
): void {
  inTransaction(ctx.consoleDb, () => {
    const at = new Date(ctx.clock.nowMs()).toISOString()
    if (!decideRestoreApproval(ctx.consoleDb, id, { ...decision, at, by: ctx.actor.name })) {
      throw wrongState(requireRestoreApproval(ctx.consoleDb, id))
    }
    const action = decision.status === 'started' ? 'restore.approve' : 'restore.reject'
    record(ctx, action, { kind: 'restore-approval', id, workspaceId }, { digest, reason: decision.reason })
  })
}

function wrongState({ id, status, decidedBy, endReason }: RestoreApprovalRecord): AppError {
  const who = decidedBy === null ? '' : ` by ${decidedBy}`
  const words = {
    open: 'waits',
    started: `was approved already${who}`,
    rejected: `was declined${who}`,
    expired: 'has expired',
    void: 'is void',
  }
  return new AppError('proposal_state', {
    message: [`${id} ${words[status]}.`, endReason ?? ''].join(' ').trim(),
    hint: 'Nothing was changed. Review the plan as it is now, and ask again.',
    context: { approval: id, status },
  })
}
