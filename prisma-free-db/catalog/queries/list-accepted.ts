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

/** The SQL of it, by when the archive was taken. */
export const LIST_ACCEPTED = `SELECT a.id AS archiveId, a.created_at_ms AS createdAtMs, m.mark ->> 'at' AS at, m.mark ->> 'actor' AS actor,
    COALESCE(m.mark ->> 'reason', '') AS reason
  FROM archives a INDEXED BY archives_accepted CROSS JOIN marks m ON m.archive = a.archive
  WHERE a.workspace = (SELECT workspace FROM workspaces WHERE id = :workspaceId) AND ${IS_VISIBLE} AND a.accepted = 1 AND m.mark ->> 'kind' = 'accept'
  ORDER BY a.created_at_ms DESC, a.id DESC LIMIT :limit`

/** Who accepted which suspect archive of a workspace, and why: of the newest such archives, the newest acceptance first. */
export function listAccepted(db: ReadableDb, workspaceId: string, limit = 200): AcceptedArchive[] {
  return prepared<Record<string, unknown>, AcceptedArchive>(db, LIST_ACCEPTED)
    .all({ workspaceId, limit })
    .sort((a, b) => (a.at < b.at ? 1 : -1))
}
