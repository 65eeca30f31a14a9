import type { JobId, WorkspaceId } from '#lib/base/ids.ts'
import type { RunBy } from '#lib/contracts/schedule.ts'
import { inTransaction, prepared, type ReadableDb, type WritableDb } from '../../handle.ts'

/** How scheduled backups of a workspace are made, and how far the newest scheduled run came. */
export interface BackupOptionsRecord {
  runBy: RunBy
  skipUnchanged: boolean
  /** Runs start up to this long after they are due, by an offset that is the workspace's own. */
  jitterMinutes: number
  /** So many times a scheduled backup that failed is tried again. */
  retries: number
  /** How often the newest scheduled run was started. */
  attempts: number
  /** The newest start of it; null = none is to be looked after. */
  jobId: JobId | null
  /** When it is tried again; null = nothing is to be tried, or that is not known yet. */
  nextTryAt: string | null
  /** When a scheduled backup last found that nothing had changed. */
  unchangedAt: string | null
}

/** What a workspace goes by that was never changed. */
export const DEFAULT_BACKUP_OPTIONS: BackupOptionsRecord = {
  runBy: 'console',
  skipUnchanged: false,
  jitterMinutes: 0,
  retries: 3,
  attempts: 0,
  jobId: null,
  nextTryAt: null,
  unchangedAt: null,
}

type Row = Omit<BackupOptionsRecord, 'skipUnchanged'> & { skipUnchanged: number }

/** The options of a workspace; the defaults when there are none of its own. */
export function getBackupOptions(db: ReadableDb, workspaceId: WorkspaceId): BackupOptionsRecord {
  const row = prepared<[string], Row>(
    db,
    `SELECT run_by AS runBy, skip_unchanged AS skipUnchanged, jitter_minutes AS jitterMinutes, retries, attempts, job_id AS jobId,
            next_try_at AS nextTryAt, unchanged_at AS unchangedAt
     FROM backup_options WHERE workspace_id = ?`,
  ).get(workspaceId)
  return row ? { ...row, skipUnchanged: row.skipUnchanged === 1 } : DEFAULT_BACKUP_OPTIONS
}

/** Changes the options of a workspace; what is left out stays. Returns all of them. */
export function changeBackupOptions(
  db: WritableDb,
  workspaceId: WorkspaceId,
  change: Partial<BackupOptionsRecord>,
  updatedAt: string,
): BackupOptionsRecord {
  return inTransaction(db, () => {
    const record = { ...getBackupOptions(db, workspaceId), ...change }
    prepared<Record<string, unknown>>(
      db,
      `INSERT INTO backup_options (workspace_id, run_by, skip_unchanged, jitter_minutes, retries, attempts, job_id, next_try_at, unchanged_at, updated_at)
       VALUES (:workspaceId, :runBy, :skipUnchanged, :jitterMinutes, :retries, :attempts, :jobId, :nextTryAt, :unchangedAt, :updatedAt)
       ON CONFLICT (workspace_id) DO UPDATE
       SET run_by = excluded.run_by, skip_unchanged = excluded.skip_unchanged, jitter_minutes = excluded.jitter_minutes,
           retries = excluded.retries, attempts = excluded.attempts, job_id = excluded.job_id, next_try_at = excluded.next_try_at,
           unchanged_at = excluded.unchanged_at, updated_at = excluded.updated_at`,
    ).run({ ...record, skipUnchanged: record.skipUnchanged ? 1 : 0, workspaceId, updatedAt })
    return record
  })
}
