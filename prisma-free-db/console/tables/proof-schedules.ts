import type { WorkspaceId } from '#lib/base/ids.ts'
import type { VerifyLevel } from '#lib/contracts/archive.ts'
import { prepared, type ReadableDb, type WritableDb } from '../../handle.ts'

/** When archives of a workspace are proven again. Schedules are cron expressions in the workspace's time zone; null = never by itself. */
export interface ProofScheduleRecord {
  verifySchedule: string | null
  verifyLevel: Exclude<VerifyLevel, 'drill'>
  verifyBudgetMinutes: number
  drillSchedule: string | null
  /** When the newest scheduled run that was taken care of had been due; null = none yet. */
  lastVerifyDueAt: string | null
  lastDrillDueAt: string | null
}

/** An hour after the backup of the night; a drill on the first of each month. */
export const DEFAULT_PROOFS: ProofScheduleRecord = {
  verifySchedule: '0 3 * * *',
  verifyLevel: 'content',
  verifyBudgetMinutes: 10,
  drillSchedule: '0 4 1 * *',
  lastVerifyDueAt: null,
  lastDrillDueAt: null,
}

/** The schedule of a workspace; the defaults when it was never changed or run. */
export function getProofSchedule(db: ReadableDb, workspaceId: WorkspaceId): ProofScheduleRecord {
  const row = prepared<[string], ProofScheduleRecord>(
    db,
    `SELECT verify_schedule AS verifySchedule, verify_level AS verifyLevel, verify_budget_minutes AS verifyBudgetMinutes,
            drill_schedule AS drillSchedule, last_verify_due_at AS lastVerifyDueAt, last_drill_due_at AS lastDrillDueAt
     FROM proof_schedules WHERE workspace_id = ?`,
  ).get(workspaceId)
  return row ?? DEFAULT_PROOFS
}

/** Stores the whole schedule of a workspace. */
export function putProofSchedule(db: WritableDb, workspaceId: WorkspaceId, record: ProofScheduleRecord, updatedAt: string): void {
  prepared<Record<string, unknown>>(
    db,
    `INSERT INTO proof_schedules (workspace_id, verify_schedule, verify_level, verify_budget_minutes, drill_schedule,
                                  last_verify_due_at, last_drill_due_at, updated_at)
     VALUES (:workspaceId, :verifySchedule, :verifyLevel, :verifyBudgetMinutes, :drillSchedule, :lastVerifyDueAt, :lastDrillDueAt, :updatedAt)
     ON CONFLICT (workspace_id) DO UPDATE
     SET verify_schedule = excluded.verify_schedule, verify_level = excluded.verify_level,
         verify_budget_minutes = excluded.verify_budget_minutes, drill_schedule = excluded.drill_schedule,
         last_verify_due_at = excluded.last_verify_due_at, last_drill_due_at = excluded.last_drill_due_at, updated_at = excluded.updated_at`,
  ).run({ ...record, workspaceId, updatedAt })
}
