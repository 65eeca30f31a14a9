import type { WorkspaceId } from '#lib/base/ids.ts'
import { prepared, type ReadableDb, type WritableDb } from '../../handle.ts'

/** An alarm that was told and is not over. */
export interface AlarmRecord {
  code: string
  since: string
  toldAt: string
}

/** The alarms of a workspace that were told, by code. */
export function listAlarms(db: ReadableDb, workspaceId: WorkspaceId): AlarmRecord[] {
  return prepared<[string], AlarmRecord>(db, 'SELECT code, since, told_at AS toldAt FROM alarms WHERE workspace_id = ? ORDER BY code').all(
    workspaceId,
  )
}

/** Notes that an alarm was told; another time, when it goes on. */
export function putAlarm(db: WritableDb, workspaceId: WorkspaceId, alarm: AlarmRecord): void {
  prepared<Record<string, unknown>>(
    db,
    `INSERT INTO alarms (workspace_id, code, since, told_at) VALUES (:workspaceId, :code, :since, :toldAt)
     ON CONFLICT (workspace_id, code) DO UPDATE SET since = excluded.since, told_at = excluded.told_at`,
  ).run({ ...alarm, workspaceId })
}

/** Forgets an alarm that is over. */
export function deleteAlarm(db: WritableDb, workspaceId: WorkspaceId, code: string): void {
  prepared<[string, string]>(db, 'DELETE FROM alarms WHERE workspace_id = ? AND code = ?').run(workspaceId, code)
}
