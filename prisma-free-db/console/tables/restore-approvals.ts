import { AppError } from '#lib/base/errors.ts'
import type { JobId, WorkspaceId } from '#lib/base/ids.ts'
import type { RestoreRequest } from '#lib/contracts/archive.ts'
import type { RestoreApprovalStatus, RestoreApprovalSummary } from '#lib/contracts/restore-approval.ts'
import { prepared, type ReadableDb, type WritableDb } from '../../handle.ts'

/** A restore in place that somebody asked another person for. What it would do never changes once it is there. */
export interface RestoreApprovalRecord extends RestoreApprovalSummary {
  askedById: string | null
}

type Row = Omit<RestoreApprovalRecord, 'id' | 'request'> & { number: number; request: string }

const COLUMNS = `number, workspace_id AS workspaceId, workspace, status, request, digest, note, asked_at AS askedAt, asked_by AS askedBy,
  asked_by_id AS askedById, expires_at AS expiresAt, decided_at AS decidedAt, decided_by AS decidedBy, decision, end_reason AS endReason,
  job_id AS jobId`

export interface NewRestoreApproval
  extends Pick<
    RestoreApprovalRecord,
    'workspaceId' | 'workspace' | 'request' | 'digest' | 'note' | 'askedAt' | 'askedBy' | 'askedById' | 'expiresAt'
  > {}

/** Keeps a new one, open. One workspace has at most one that waits: end the other first. */
export function insertRestoreApproval(db: WritableDb, given: NewRestoreApproval): string {
  const { lastInsertRowid } = prepared<Record<string, unknown>>(
    db,
    `INSERT INTO restore_approvals (workspace_id, workspace, status, request, digest, note, asked_at, asked_by, asked_by_id, expires_at)
     VALUES (:workspaceId, :workspace, 'open', :request, :digest, :note, :askedAt, :askedBy, :askedById, :expiresAt)`,
  ).run({ ...given, request: JSON.stringify(given.request) })
  return approvalId(Number(lastInsertRowid))
}

/** One by its id; throws `proposal_unknown`. */
export function requireRestoreApproval(db: ReadableDb, id: string): RestoreApprovalRecord {
  const row = prepared<[number], Row>(db, `SELECT ${COLUMNS} FROM restore_approvals WHERE number = ?`).get(numberOf(id))
  if (row) return fromRow(row)
  throw new AppError('proposal_unknown', {
    message: `There is no restore ${id} to approve.`,
    hint: 'It is named where somebody asked for it.',
  })
}

/** The workspace that one is about; null when there is no such. */
export function findRestoreApprovalWorkspace(db: ReadableDb, id: string): WorkspaceId | null {
  const sql = 'SELECT workspace_id AS workspaceId FROM restore_approvals WHERE number = ?'
  return prepared<[number], { workspaceId: WorkspaceId }>(db, sql).get(numberOf(id))?.workspaceId ?? null
}

/** Those that wait, of one workspace or of all, the oldest first. */
export function listOpenRestoreApprovals(db: ReadableDb, workspaceId: WorkspaceId | null): RestoreApprovalRecord[] {
  return prepared<Record<string, unknown>, Row>(
    db,
    `SELECT ${COLUMNS} FROM restore_approvals
     WHERE status = 'open' AND (:workspaceId IS NULL OR workspace_id = :workspaceId) ORDER BY number`,
  )
    .all({ workspaceId })
    .map(fromRow)
}

/** Notes who decided; false when it did not wait any more. */
export function decideRestoreApproval(
  db: WritableDb,
  id: string,
  decision: { status: Extract<RestoreApprovalStatus, 'started' | 'rejected'>; at: string; by: string; reason: string | null },
): boolean {
  const { changes } = prepared<Record<string, unknown>>(
    db,
    `UPDATE restore_approvals SET status = :status, decided_at = :at, decided_by = :by, decision = :reason
     WHERE number = :number AND status = 'open'`,
  ).run({ ...decision, number: numberOf(id) })
  return changes === 1
}

/** Ends one that waits without a decision; false when it did not wait any more. */
export function endRestoreApproval(
  db: WritableDb,
  id: string,
  end: { status: Extract<RestoreApprovalStatus, 'expired' | 'void'>; reason: string },
): boolean {
  const { changes } = prepared<Record<string, unknown>>(
    db,
    `UPDATE restore_approvals SET status = :status, end_reason = :reason WHERE number = :number AND status = 'open'`,
  ).run({ ...end, number: numberOf(id) })
  return changes === 1
}

/** Notes the job that carries it out. */
export function noteRestoreApprovalJob(db: WritableDb, id: string, jobId: JobId): void {
  prepared<[string, number]>(db, 'UPDATE restore_approvals SET job_id = ? WHERE number = ?').run(jobId, numberOf(id))
}

/** Whether a workspace asks for a second person before its items are replaced. */
export function needsSecondToRestore(db: ReadableDb, workspaceId: WorkspaceId): boolean {
  const sql = 'SELECT second_person AS secondPerson FROM restore_rules WHERE workspace_id = ?'
  return prepared<[string], { secondPerson: number }>(db, sql).get(workspaceId)?.secondPerson === 1
}

/** Says whether it does from now on. */
export function putSecondToRestore(db: WritableDb, workspaceId: WorkspaceId, secondPerson: boolean, updatedAt: string): void {
  prepared<Record<string, unknown>>(
    db,
    `INSERT INTO restore_rules (workspace_id, second_person, updated_at) VALUES (:workspaceId, :secondPerson, :updatedAt)
     ON CONFLICT (workspace_id) DO UPDATE SET second_person = excluded.second_person, updated_at = excluded.updated_at`,
  ).run({ workspaceId, secondPerson: Number(secondPerson), updatedAt })
}

const approvalId = (number: number) => `R-${String(number).padStart(4, '0')}`

/** Of `R-0007`; no number for anything else, which no row has. */
function numberOf(id: string): number {
  const digits = /^R-0*(\d{1,15})$/.exec(id)?.[1]
  return digits === undefined ? -1 : Number(digits)
}

function fromRow({ number, request, ...row }: Row): RestoreApprovalRecord {
  return { id: approvalId(number), request: JSON.parse(request) as RestoreRequest, ...row }
}
