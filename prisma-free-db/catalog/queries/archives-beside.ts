import type { ArchiveId, WorkspaceId } from '#lib/base/ids.ts'
import { prepared, type ReadableDb } from '../../handle.ts'

/** Every archive, of any workspace, that is listed in a repository which this workspace has archives in; by id. */
export function listArchivesBeside(db: ReadableDb, workspaceId: WorkspaceId): ArchiveId[] {
  return prepared<[string], { id: ArchiveId }>(
    db,
    `SELECT a.id FROM archives a
      JOIN series s ON s.series = a.series
      WHERE a.committed = 1 AND a.forgotten_at_ms IS NULL AND s.repository IN (
        SELECT t.repository FROM archives b
          JOIN series t ON t.series = b.series
          JOIN workspaces w ON w.workspace = b.workspace
          WHERE w.id = ?)
      ORDER BY a.id`,
  )
    .all(workspaceId)
    .map(({ id }) => id)
}
