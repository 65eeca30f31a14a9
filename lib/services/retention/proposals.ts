import { getJob } from '#db/console/tables/jobs.ts'
import {
  endProposal,
  insertProposal,
  listProposals as listRecords,
  listWaiting as listWaitingRecords,
  type ProposalRecord,
  requireProposal,
  type WholeProposal,
} from '#db/console/tables/proposals.ts'
import { getRetentionSettings } from '#db/console/tables/retention.ts'
import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import { inTransaction } from '#db/handle.ts'
import { AppError, isAppError } from '#lib/base/errors.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { Proposal, ProposalSummary, ProposeInput, RetentionPlan } from '#lib/contracts/retention.ts'
import { record } from '../audit/record.ts'
import { maySee, requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { mayDecide } from './may-decide.ts'
import { measurePlan } from './measure-plan.ts'
import { planWorkspace } from './plan-workspace.ts'
import { draftedPolicy, policyOf } from './rules.ts'

const HOUR_MS = 3_600_000
const isoOf = (ms: number) => new Date(ms).toISOString()

/**
 * Raises a proposal: the plan of a policy, frozen with its digest. One that still waits becomes void. Throws `invalid_input` when nothing would go
 * and the policy stays, `plan_stale` when it is not the plan that was looked at. Reads manifests; for job processes.
 */
export async function propose(ctx: ServiceContext, input: ProposeInput, signal?: AbortSignal): Promise<Proposal> {
  requireRight(ctx, 'propose')
  const { workspaceId, draft, note, digest } = input
  const basePolicy = policyOf(ctx.consoleDb, workspaceId)
  const policy = draftedPolicy(ctx, workspaceId, draft)
  const planned = planWorkspace(ctx, workspaceId, policy)
  if (digest !== undefined && digest !== planned.digest) throw stalePlan(planned.workspace)
  if (planned.forgetCount === 0 && isSame(policy, basePolicy)) throw nothingToDo(planned)
  const plan = await measurePlan(ctx, planned, signal)
  const nowMs = ctx.clock.nowMs()
  const { expiryHours } = getRetentionSettings(ctx.consoleDb, workspaceId)
  const { name: proposedBy, id: proposedById } = ctx.actor
  const id = inTransaction(ctx.consoleDb, () => {
    for (const { id: waiting } of listWaitingRecords(ctx.consoleDb, workspaceId)) {
      endProposal(ctx.consoleDb, waiting, { status: 'void', at: isoOf(nowMs), reason: 'A newer proposal took its place.' })
    }
    const expiresAt = isoOf(nowMs + expiryHours * HOUR_MS)
    return insertProposal(ctx.consoleDb, {
      plan,
      basePolicy,
      note: note || null,
      proposedAt: isoOf(nowMs),
      proposedBy,
      proposedById,
      expiresAt,
    })
  })
  record(ctx, 'retention.propose', { kind: 'proposal', id, workspaceId }, { digest: plan.digest, forgets: plan.forgetCount })
  return getProposal(ctx, id)
}

const isSame = (a: object, b: object) => JSON.stringify(a) === JSON.stringify(b)

function nothingToDo({ workspace, rests }: RetentionPlan): AppError {
  const why = rests[0] ? ` Retention rests: ${rests[0].message}` : ''
  return new AppError('invalid_input', {
    message: `No archive of ${workspace} would go, so there is nothing to propose.${why}`,
    hint: rests[0] ? `Look at it, then accept it with \`orchive accept ${rests[0].archiveId} --reason TEXT\`.` : 'Nothing was changed.',
  })
}

/** The error for a plan that is not the one that was looked at. */
export const stalePlan = (workspace: string) =>
  new AppError('plan_stale', {
    message: `The archives of ${workspace} changed since this plan was made.`,
    hint: 'Nothing was forgotten. Look at the plan as it is now, and propose that.',
  })

/** One proposal as it stands now. One whose time is over, or whose plan is not that of the catalog any more, ends by being looked at. */
export function getProposal(ctx: ServiceContext, id: string): Proposal {
  requireRight(ctx, 'list')
  const proposal = freshen(ctx, requireProposal(ctx.consoleDb, id))
  const { secondPerson } = getRetentionSettings(ctx.consoleDb, proposal.workspaceId)
  const { proposedById: _, decidedById: __, ...shown } = proposal
  return { ...shown, secondPerson, may: mayDecide(ctx.actor, proposal, secondPerson) }
}

/** Proposals of a workspace, newest first. */
export function listProposals(
  ctx: ServiceContext,
  input: { workspaceId: WorkspaceId; cursor?: string | undefined; limit?: number | undefined },
): { rows: ProposalSummary[]; nextCursor: string | null } {
  requireRight(ctx, 'list')
  const { workspaceId, cursor, limit } = input
  requireWorkspace(ctx.consoleDb, workspaceId)
  freshenAll(ctx, workspaceId)
  const page = listRecords(ctx.consoleDb, workspaceId, { cursor: cursor ?? null, ...(limit === undefined ? {} : { limit }) })
  return { ...page, rows: page.rows.map(summaryOf) }
}

/** Those that wait for a decision, or for being applied; of one workspace or of all. */
export function listWaiting(ctx: ServiceContext, workspaceId: WorkspaceId | null): ProposalSummary[] {
  requireRight(ctx, 'list')
  freshenAll(ctx, workspaceId)
  return listWaitingRecords(ctx.consoleDb, workspaceId)
    .filter((waiting) => maySee(ctx, waiting.workspaceId))
    .map(summaryOf)
}

function summaryOf({ proposedById: _, decidedById: __, ...summary }: ProposalRecord): ProposalSummary {
  return summary
}

function freshenAll(ctx: ServiceContext, workspaceId: WorkspaceId | null): void {
  for (const { id } of listWaitingRecords(ctx.consoleDb, workspaceId)) freshen(ctx, requireProposal(ctx.consoleDb, id))
}

/**
 * A waiting proposal as it is now: expired when its time is over, void as soon as the catalog or the policy no longer matches. One whose job is at
 * work is that job's to end.
 */
export function freshen(ctx: ServiceContext, proposal: WholeProposal): WholeProposal {
  const { id, status, expiresAt, jobId } = proposal
  const isApproved = status === 'approved'
  if (status !== 'open' && !isApproved) return proposal
  if (isApproved && jobId !== null && getJob(ctx.consoleDb, jobId)?.status !== 'finished') return proposal
  const nowMs = ctx.clock.nowMs()
  const isExpired = !isApproved && Date.parse(expiresAt) <= nowMs
  const reason = isExpired ? 'Nobody decided in time.' : mismatchOf(ctx, proposal)
  if (reason === null) return proposal
  endProposal(ctx.consoleDb, id, { status: isExpired ? 'expired' : 'void', at: isoOf(nowMs), reason })
  return requireProposal(ctx.consoleDb, id)
}

/** Why a proposal is not what would be proposed now; null when it is, or when there is no catalog to ask. */
export function mismatchOf(ctx: ServiceContext, { workspaceId, plan, basePolicy, digest }: WholeProposal): string | null {
  try {
    if (!isSame(policyOf(ctx.consoleDb, workspaceId), basePolicy)) return 'The policy was changed since.'
    const now = planWorkspace(ctx, workspaceId, plan.policy)
    return now.digest === digest ? null : whatChanged(plan, now)
  } catch (error) {
    if (!isAppError(error)) throw error
    if (error.code === 'workspace_unknown') return 'The workspace is not registered any more.'
    if (error.code.startsWith('catalog_')) return null
    throw error
  }
}

/** In words: which archives are new, gone or decided otherwise. */
function whatChanged(before: RetentionPlan, now: RetentionPlan): string {
  const was = new Map(before.archives.map((one) => [one.archiveId, one]))
  const is = new Map(now.archives.map((one) => [one.archiveId, one]))
  const count = (n: number, words: string) => (n === 0 ? [] : [`${n === 1 ? 'one archive' : `${n} archives`} ${words}`])
  const parts = [
    ...count(now.archives.filter(({ archiveId }) => !was.has(archiveId)).length, 'came'),
    ...count(before.archives.filter(({ archiveId }) => !is.has(archiveId)).length, 'went'),
    ...count(before.archives.filter(({ archiveId, keep }) => !keep && is.get(archiveId)?.keep).length, 'would stay now'),
    ...count(before.archives.filter(({ archiveId, keep }) => keep && is.get(archiveId)?.keep === false).length, 'would go now'),
  ]
  return `The archives changed since: ${parts.join(', ') || 'by other days'}.`
}
