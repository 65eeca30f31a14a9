import type { SeriesId } from '#lib/base/ids.ts'
import { prepared, type ReadableDb } from '../../handle.ts'

/** The series of the newest archive that was imported into a workspace, forgotten ones included; null when none was. */
export function newestImportSeries(db: ReadableDb, workspaceId: string): SeriesId | null {
  const row = prepared<[string], { id: SeriesId }>(
    db,
    `SELECT s.id FROM archives a JOIN series s ON s.series = a.series
     WHERE a.workspace = (SELECT workspace FROM workspaces WHERE id = ?) AND a.kind = 'import' AND a.committed = 1
     ORDER BY a.created_at_ms DESC, a.id DESC LIMIT 1`,
  ).get(workspaceId)
  return row?.id ?? null
}
