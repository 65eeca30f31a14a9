import type { WorkspaceId } from '#lib/base/ids.ts'
import type { WatchedFile } from '#lib/contracts/overview.ts'
import { prepared, type ReadableDb, type WritableDb } from '../../handle.ts'

/** A watched file, and what `stat` said of it before it was read. */
export interface WatchedFileRecord extends WatchedFile {
  stamp: string
}

interface Row extends Omit<WatchedFileRecord, 'findings'> {
  findings: string
}

/** What the watch saw last of a workspace's critical files, by item key. */
export function listWatchedFiles(db: ReadableDb, workspaceId: WorkspaceId): WatchedFileRecord[] {
  return prepared<[string], Row>(
    db,
    `SELECT item_key AS itemKey, label, path, stamp, verdict, findings, since, fine_at AS fineAt, seen_at AS seenAt
     FROM watched_files WHERE workspace_id = ? ORDER BY item_key`,
  )
    .all(workspaceId)
    .map((row) => ({ ...row, findings: JSON.parse(row.findings) as WatchedFile['findings'] }))
}

/** Stores what was seen of a file. */
export function putWatchedFile(db: WritableDb, workspaceId: WorkspaceId, record: WatchedFileRecord): void {
  prepared<Record<string, unknown>>(
    db,
    `INSERT INTO watched_files (workspace_id, item_key, label, path, stamp, verdict, findings, since, fine_at, seen_at)
     VALUES (:workspaceId, :itemKey, :label, :path, :stamp, :verdict, :findings, :since, :fineAt, :seenAt)
     ON CONFLICT (workspace_id, item_key) DO UPDATE
     SET label = excluded.label, path = excluded.path, stamp = excluded.stamp, verdict = excluded.verdict, findings = excluded.findings,
         since = excluded.since, fine_at = excluded.fine_at, seen_at = excluded.seen_at`,
  ).run({ ...record, findings: JSON.stringify(record.findings), workspaceId })
}

/** Notes that files which were fine were found untouched. */
export function noteStillFine(db: WritableDb, workspaceId: WorkspaceId, at: string): void {
  prepared<[string, string, string]>(
    db,
    `UPDATE watched_files SET fine_at = ?, seen_at = ? WHERE workspace_id = ? AND verdict = 'fine'`,
  ).run(at, at, workspaceId)
}

/** Forgets a file that is no critical item any more. */
export function deleteWatchedFile(db: WritableDb, workspaceId: WorkspaceId, itemKey: string): void {
  prepared<[string, string]>(db, 'DELETE FROM watched_files WHERE workspace_id = ? AND item_key = ?').run(workspaceId, itemKey)
}
