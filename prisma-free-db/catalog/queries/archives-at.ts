import type { WorkspaceId } from '#lib/base/ids.ts'
import { prepared, type ReadableDb } from '../../handle.ts'

/** How many archives of each workspace the catalog has from the repository at a location; by the workspace's name as it was in the newest of them. */
export function countArchivesAt(db: ReadableDb, location: string): { id: WorkspaceId; workspace: string; archives: number }[] {
  return prepared<[string], { id: WorkspaceId; workspace: string; archives: number }>(
    db,
    `SELECT w.id, a.workspace_name AS workspace, COUNT(*) AS archives, MAX(a.created_at_ms) AS newest FROM archives a
      JOIN series s ON s.series = a.series
      JOIN repositories r ON r.repository = s.repository
      JOIN workspaces w ON w.workspace = a.workspace
      WHERE r.location = ? AND a.committed = 1
      GROUP BY a.workspace
      ORDER BY workspace`,
  )
    .all(location)
    .map(({ id, workspace, archives }) => ({ id, workspace, archives }))
}
