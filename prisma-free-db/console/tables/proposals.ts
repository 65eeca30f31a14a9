import { AppError } from '#lib/base/errors.ts'
import type { JobId, WorkspaceId } from '#lib/base/ids.ts'
import type { ProposalStatus, ProposalSummary, RetentionPlan, RetentionPolicy } from '#lib/contracts/retention.ts'
import { decodeCursor, encodeCursor, pageLimit } from '../../cursor.ts'
import { prepared, type ReadableDb, type WritableDb } from '../../handle.ts'

/** A proposal without its plan. */
export interface ProposalRecord extends ProposalSummary {
  proposedById: string | null
  decidedById: string | null
}

/** A whole proposal: what it would do never changes once it is there. */
export interface WholeProposal extends ProposalRecord {
  plan: RetentionPlan
  basePolicy: RetentionPolicy
}

export interface NewProposal {
  plan: RetentionPlan
  basePolicy: RetentionPolicy
  note: string | null
  proposedAt: string
  proposedBy: string
  proposedById: string | null
  expiresAt: string
}

interface Row {
  number: number
  workspaceId: string
  workspace: string
  status: string
  digest: string
  forgetCount: number
  note: string | null
  proposedAt: string
  proposedBy: string
  proposedById: string | null
  expiresAt: string
  decidedAt: string | null
  decidedBy: string | null
  decidedById: string | null
  decision: string | null
  breakGlass: number
  endedAt: string | null
  endReason: string | null
  jobId: string | null
}

const COLUMNS = `number, workspace_id AS workspaceId, workspace, status, digest, forgets AS forgetCount, note, proposed_at AS proposedAt,
  proposed_by AS proposedBy, proposed_by_id AS proposedById, expires_at AS expiresAt, decided_at AS decidedAt, decided_by AS decidedBy,
  decided_by_id AS decidedById, decision, break_glass AS breakGlass, ended_at AS endedAt, end_reason AS endReason, job_id AS jobId`

/** Keeps a new proposal, open. One workspace has at most one that waits: end the other first. */
export function insertProposal(db: WritableDb, { plan, basePolicy, ...given }: NewProposal): string {
  const { lastInsertRowid } = prepared<Record<string, unknown>>(
    db,
    `INSERT INTO proposals (workspace_id, workspace, status, policy, base_policy, digest, forgets, plan, note, proposed_at, proposed_by,
                            proposed_by_id, expires_at)
     VALUES (:workspaceId, :workspace, 'open', :policy, :basePolicy, :digest, :forgets, :plan, :note, :proposedAt, :proposedBy,
             :proposedById, :expiresAt)`,
  ).run({
    ...given,
    workspaceId: plan.workspaceId,
    workspace: plan.workspace,
    policy: JSON.stringify(plan.policy),
    basePolicy: JSON.stringify(basePolicy),
    digest: plan.digest,
    forgets: plan.forgetCount,
    plan: JSON.stringify(plan),
  })
  return proposalId(Number(lastInsertRowid))
}

/** A proposal with its plan; throws `proposal_unknown`. */
export function requireProposal(db: ReadableDb, id: string): WholeProposal {
  const row = prepared<[number], Row & { plan: string; basePolicy: string }>(
    db,
    `SELECT ${COLUMNS}, plan, base_policy AS basePolicy FROM proposals WHERE number = ?`,
  ).get(numberOf(id))
  if (!row) throw new AppError('proposal_unknown', { message: `There is no proposal ${id}.`, hint: 'See `orchive retention list`.' })
  const { plan, basePolicy } = row
  return { ...fromRow(row), plan: JSON.parse(plan) as RetentionPlan, basePolicy: JSON.parse(basePolicy) as RetentionPolicy }
}

/** The workspace that a proposal is about; null when there is no such proposal. */
export function findProposalWorkspace(db: ReadableDb, id: string): WorkspaceId | null {
  return (
    prepared<[number], { workspaceId: WorkspaceId }>(db, 'SELECT workspace_id AS workspaceId FROM proposals WHERE number = ?').get(
      numberOf(id),
    )?.workspaceId ?? null
  )
}

/** Those that wait: open, or approved and not yet applied; of one workspace or of all, the oldest first. */
export function listWaiting(db: ReadableDb, workspaceId: WorkspaceId | null): ProposalRecord[] {
  return prepared<Record<string, unknown>, Row>(
    db,
    `SELECT ${COLUMNS} FROM proposals
     WHERE status IN ('open', 'approved') AND (:workspaceId IS NULL OR workspace_id = :workspaceId) ORDER BY number`,
  )
    .all({ workspaceId })
    .map(fromRow)
}

/** Proposals of a workspace, newest first. */
export function listProposals(
  db: ReadableDb,
  workspaceId: WorkspaceId,
  page: { cursor?: string | null; limit?: number },
): { rows: ProposalRecord[]; nextCursor: string | null } {
  const limit = pageLimit(page.limit, 20, 200)
  const [before] = decodeCursor('proposals', page.cursor, ['number']) ?? [Number.MAX_SAFE_INTEGER]
  const rows = prepared<[string, number, number], Row>(
    db,
    `SELECT ${COLUMNS} FROM proposals WHERE workspace_id = ? AND number < ? ORDER BY number DESC LIMIT ?`,
  ).all(workspaceId, before, limit + 1)
  const last = rows[limit - 1]
  return {
    rows: rows.slice(0, limit).map(fromRow),
    nextCursor: rows.length > limit && last ? encodeCursor('proposals', [last.number]) : null,
  }
}

/** Notes who decided; false when it was not open any more. */
export function decideProposal(
  db: WritableDb,
  id: string,
  decision: { status: 'approved' | 'rejected'; at: string; by: string; byId: string | null; reason: string | null; breakGlass: boolean },
): boolean {
  const { changes } = prepared<Record<string, unknown>>(
    db,
    `UPDATE proposals SET status = :status, decided_at = :at, decided_by = :by, decided_by_id = :byId, decision = :reason, break_glass = :breakGlass,
                          ended_at = CASE :status WHEN 'rejected' THEN :at END
     WHERE number = :number AND status = 'open'`,
  ).run({ ...decision, breakGlass: Number(decision.breakGlass), number: numberOf(id) })
  return changes === 1
}

/** Ends a proposal that waits; false when it did not wait any more. */
export function endProposal(
  db: WritableDb,
  id: string,
  end: { status: Extract<ProposalStatus, 'applied' | 'expired' | 'void' | 'failed'>; at: string; reason: string | null },
): boolean {
  const { changes } = prepared<Record<string, unknown>>(
    db,
    `UPDATE proposals SET status = :status, ended_at = :at, end_reason = :reason WHERE number = :number AND status IN ('open', 'approved')`,
  ).run({ ...end, number: numberOf(id) })
  return changes === 1
}

/** Notes the job that applies it. */
export function noteProposalJob(db: WritableDb, id: string, jobId: JobId): void {
  prepared<[string, number]>(db, 'UPDATE proposals SET job_id = ? WHERE number = ?').run(jobId, numberOf(id))
}

/** `P-0041`; four digits or more, so that a list of them lines up. */
const proposalId = (number: number) => `P-${String(number).padStart(4, '0')}`

/** Of `P-0041`, `p-41` or `41`; no number for anything else, which no row has. */
function numberOf(id: string): number {
  const digits = /^(?:p-)?0*(\d{1,15})$/i.exec(id)?.[1]
  return digits === undefined ? -1 : Number(digits)
}

function fromRow(row: Row): ProposalRecord {
  const { number, workspaceId, status, breakGlass, jobId, ...rest } = row
  const known: ProposalRecord = {
    id: proposalId(number),
    workspaceId: workspaceId as WorkspaceId,
    workspace: rest.workspace,
    status: status as ProposalStatus,
    digest: rest.digest,
    forgetCount: rest.forgetCount,
    note: rest.note,
    proposedAt: rest.proposedAt,
    proposedBy: rest.proposedBy,
    proposedById: rest.proposedById,
    expiresAt: rest.expiresAt,
    decidedAt: rest.decidedAt,
    decidedBy: rest.decidedBy,
    decidedById: rest.decidedById,
    decision: rest.decision,
    breakGlass: breakGlass === 1,
    endedAt: rest.endedAt,
    endReason: rest.endReason,
    jobId: jobId as JobId | null,
  }
  return known
}
