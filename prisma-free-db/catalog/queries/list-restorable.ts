import type { ArchiveId } from '#lib/base/ids.ts'
import { prepared, type ReadableDb } from '../../handle.ts'
import { IS_VISIBLE } from '../archive-summary.ts'

/** When an archive was taken, and what keeps the state of that day from being restored of it. */
export interface RestorableArchive {
  archiveId: ArchiveId
  createdAtMs: number
  suspect: boolean
  /** Labels of critical items that it does not hold. */
  lacks: string[]
}

/** Whole archives of a workspace since a moment, oldest first. */
export const LIST_RESTORABLE = `SELECT a.id AS archiveId, a.created_at_ms AS createdAtMs, a.suspect,
    (SELECT json_group_array(item.value ->> 'label') FROM json_each(a.items) AS item
     WHERE item.value ->> 'importance' = 'critical' AND item.value ->> 'kind' IN ('missing', 'not-covered')) AS lacks
  FROM archives a
  WHERE a.workspace = (SELECT workspace FROM workspaces WHERE id = :workspaceId) AND ${IS_VISIBLE}
    AND a.kind IN ('backup', 'import') AND a.created_at_ms >= :sinceMs
  ORDER BY a.created_at_ms`
export function listRestorable(db: ReadableDb, workspaceId: string, sinceMs: number): RestorableArchive[] {
  return prepared<Record<string, unknown>, { archiveId: ArchiveId; createdAtMs: number; suspect: number; lacks: string }>(
    db,
    LIST_RESTORABLE,
  )
    .all({ workspaceId, sinceMs })
    .map((row) => ({ ...row, suspect: row.suspect === 1, lacks: JSON.parse(row.lacks) as string[] }))
}
