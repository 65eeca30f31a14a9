import type { ArchiveId } from '#lib/base/ids.ts'
import { prepared, type ReadableDb } from '../../handle.ts'
import { IS_VISIBLE } from '../archive-summary.ts'

/** A suspect archive that somebody accepted as it is. */
export interface AcceptedArchive {
  archiveId: ArchiveId
  createdAtMs: number
  at: string
  actor: string
  reason: string
}

/** Who accepted which suspect archive of a workspace, and why; the newest acceptance first. */
export function listAccepted(db: ReadableDb, workspaceId: string, limit = 200): AcceptedArchive[] {
  return prepared<[string, number], AcceptedArchive>(
    db,
    `SELECT a.id AS archiveId, a.created_at_ms AS createdAtMs, m.mark ->> 'at' AS at, m.mark ->> 'actor' AS actor,
            COALESCE(m.mark ->> 'reason', '') AS reason
     FROM archives a JOIN marks m ON m.archive = a.archive
     WHERE a.workspace = (SELECT workspace FROM workspaces WHERE id = ?) AND ${IS_VISIBLE} AND m.mark ->> 'kind' = 'accept'
     ORDER BY at DESC LIMIT ?`,
  ).all(workspaceId, limit)
}
