import type { WorkspaceId } from '#lib/base/ids.ts'
import type { PolicyChange, RetentionSettings } from '#lib/contracts/retention.ts'
import { prepared, type ReadableDb, type WritableDb } from '../../handle.ts'

/** `default` = what all workspaces inherit. */
export type PolicyScope = WorkspaceId | 'default'

/** What a workspace has otherwise than the default, or the default than the program; empty when nothing. */
export function getPolicyChange(db: ReadableDb, scope: PolicyScope): PolicyChange {
  const row = prepared<[string], { policy: string }>(db, 'SELECT policy FROM retention_policies WHERE scope = ?').get(scope)
  return row ? (JSON.parse(row.policy) as PolicyChange) : {}
}

/** Stores the whole of what a scope has otherwise. */
export function putPolicyChange(db: WritableDb, scope: PolicyScope, policy: PolicyChange, updatedAt: string): void {
  prepared<Record<string, unknown>>(
    db,
    `INSERT INTO retention_policies (scope, policy, updated_at) VALUES (:scope, :policy, :updatedAt)
     ON CONFLICT (scope) DO UPDATE SET policy = excluded.policy, updated_at = excluded.updated_at`,
  ).run({ scope, policy: JSON.stringify(policy), updatedAt })
}

/** Who has to agree, and when proposals are raised. */
export interface RetentionSettingsRecord extends RetentionSettings {
  /** When the newest scheduled proposal that was taken care of had been due; null = none yet. */
  lastDueAt: string | null
}

/** After the backup and the verify of the night. */
export const DEFAULT_SETTINGS: RetentionSettingsRecord = { secondPerson: true, expiryHours: 48, schedule: '0 5 * * *', lastDueAt: null }

/** The settings of a workspace; the defaults when they were never changed or used. */
export function getRetentionSettings(db: ReadableDb, workspaceId: WorkspaceId): RetentionSettingsRecord {
  const row = prepared<[string], Omit<RetentionSettingsRecord, 'secondPerson'> & { secondPerson: number }>(
    db,
    `SELECT second_person AS secondPerson, expiry_hours AS expiryHours, schedule, last_due_at AS lastDueAt
     FROM retention_settings WHERE workspace_id = ?`,
  ).get(workspaceId)
  return row ? { ...row, secondPerson: row.secondPerson === 1 } : DEFAULT_SETTINGS
}

/** Stores the whole settings of a workspace. */
export function putRetentionSettings(db: WritableDb, workspaceId: WorkspaceId, record: RetentionSettingsRecord, updatedAt: string): void {
  prepared<Record<string, unknown>>(
    db,
    `INSERT INTO retention_settings (workspace_id, second_person, expiry_hours, schedule, last_due_at, updated_at)
     VALUES (:workspaceId, :secondPerson, :expiryHours, :schedule, :lastDueAt, :updatedAt)
     ON CONFLICT (workspace_id) DO UPDATE
     SET second_person = excluded.second_person, expiry_hours = excluded.expiry_hours, schedule = excluded.schedule,
         last_due_at = excluded.last_due_at, updated_at = excluded.updated_at`,
  ).run({ ...record, secondPerson: Number(record.secondPerson), workspaceId, updatedAt })
}
