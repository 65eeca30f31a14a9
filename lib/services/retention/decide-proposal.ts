import { decideProposal, noteProposalJob, requireProposal, type WholeProposal } from '#db/console/tables/proposals.ts'
import { getRetentionSettings } from '#db/console/tables/retention.ts'
import { inTransaction } from '#db/handle.ts'
import { AppError } from '#lib/base/errors.ts'
import type { JobId } from '#lib/base/ids.ts'
import type { ApproveInput, Proposal, RejectInput } from '#lib/contracts/retention.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { mayDecide } from './may-decide.ts'
import { freshen, getProposal, stalePlan } from './proposals.ts'
import { startApply } from './start-apply.ts'

/** Approves exactly the plan with this digest, and starts the job that carries it out. */
export async function approveProposal(ctx: ServiceContext, input: ApproveInput): Promise<{ jobId: JobId }> {
  const proposal = approve(ctx, input)
  return apply(ctx, proposal)
}

/** Starts the job of an approved proposal again, where it ended without having done anything. */
export async function resumeProposal(ctx: ServiceContext, input: { proposal: string }): Promise<{ jobId: JobId }> {
  requireRight(ctx, 'approve')
  const proposal = requireProposal(ctx.consoleDb, input.proposal)
  if (proposal.status !== 'approved') throw wrongState(proposal)
  return apply(ctx, proposal)
}

async function apply(ctx: ServiceContext, { id, workspaceId, forgetCount }: WholeProposal): Promise<{ jobId: JobId }> {
  const { jobId } = await startApply(ctx, { proposal: id, workspaceId, forgetCount })
  noteProposalJob(ctx.consoleDb, id, jobId)
  return { jobId }
}

/**
 * Notes an approval. Throws `not_permitted` for whoever proposed it where a second person is asked for, `invalid_input` when a name or reason is
 * missing, `plan_stale` for another digest, `proposal_state` when it does not wait any more.
 */
export function approve(ctx: ServiceContext, input: ApproveInput): WholeProposal {
  requireRight(ctx, 'approve')
  const found = freshen(ctx, requireProposal(ctx.consoleDb, input.proposal))
  if (found.status !== 'open') throw wrongState(found)
  if (input.digest !== found.digest) throw stalePlan(found.workspace)
  const { secondPerson } = getRetentionSettings(ctx.consoleDb, found.workspaceId)
  const may = mayDecide(ctx.actor, found, secondPerson)
  const isBreakGlass = !may.approve
  if (isBreakGlass && !(may.breakGlass && input.breakGlass)) {
    throw new AppError('not_permitted', {
      message: `${ctx.actor.name} proposed ${found.id}, and ${found.workspace} asks for a second person.`,
      hint: 'Send the link to another lead. In an emergency, approve it as break-glass with a reason; that is written to the audit log.',
    })
  }
  if (isBreakGlass && !input.reason) {
    throw new AppError('invalid_input', { message: 'Break-glass needs a reason.', hint: 'Say why it could not wait for a second person.' })
  }
  if (found.plan.needsConfirmation && input.confirmName !== found.workspace) {
    throw new AppError('invalid_input', {
      message: `${found.id} forgets ${found.forgetCount} of ${found.plan.archives.length} archives, more than half: type ${found.workspace} to approve it.`,
      hint: 'Nothing was changed.',
    })
  }
  note(ctx, found, { status: 'approved', reason: input.reason || null, breakGlass: isBreakGlass })
  return requireProposal(ctx.consoleDb, found.id)
}

/** Rejects a proposal with a reason: nothing goes. */
export function rejectProposal(ctx: ServiceContext, input: RejectInput): Proposal {
  requireRight(ctx, 'approve')
  const found = freshen(ctx, requireProposal(ctx.consoleDb, input.proposal))
  if (found.status !== 'open') throw wrongState(found)
  note(ctx, found, { status: 'rejected', reason: input.reason, breakGlass: false })
  return getProposal(ctx, found.id)
}

interface Decision {
  status: 'approved' | 'rejected'
  reason: string | null
  breakGlass: boolean
}

/** Of two decisions at once the first one counts. */
function note(ctx: ServiceContext, { id, workspaceId, digest }: WholeProposal, decision: Decision): void {
  const { name: by, id: byId } = ctx.actor
  inTransaction(ctx.consoleDb, () => {
    const at = new Date(ctx.clock.nowMs()).toISOString()
    if (!decideProposal(ctx.consoleDb, id, { ...decision, at, by, byId })) throw wrongState(requireProposal(ctx.consoleDb, id))
    const action = decision.status === 'rejected' ? 'retention.reject' : decision.breakGlass ? 'retention.break-glass' : 'retention.approve'
    record(ctx, action, { kind: 'proposal', id, workspaceId }, { digest, reason: decision.reason })
  })
}

/** The error for a proposal that does not wait any more. */
export function wrongState({ id, status, endReason, decidedBy, decidedAt }: WholeProposal): AppError {
  const who = decidedBy === null ? '' : ` by ${decidedBy} on ${decidedAt?.slice(0, 16).replace('T', ' ')}`
  const said: Record<WholeProposal['status'], string> = {
    open: 'has not been approved yet',
    approved: `was approved already${who}`,
    applied: 'was applied already',
    rejected: `was rejected${who}`,
    expired: 'has expired',
    void: 'is void',
    failed: 'was applied in part only',
  }
  const why = endReason === null ? '' : ` ${endReason}`
  return new AppError('proposal_state', {
    message: `${id} ${said[status]}.${why}`,
    hint: status === 'open' ? 'A lead approves it in the console.' : 'Nothing was changed. Make a new proposal from the plan as it is now.',
    context: { proposal: id, status },
  })
}
