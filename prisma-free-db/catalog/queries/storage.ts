import { prepared, type ReadableDb } from '../../handle.ts'
import { IS_VISIBLE } from '../archive-summary.ts'

/** What the archives of a workspace, or of all, say about storage. */
export interface ArchivedStorage {
  archives: number
  /** Sum over the archives of what each would take unpacked. */
  contentBytes: number
  /** Sum of what each added to the repository when it was taken. */
  storedBytes: number
}

/** One archive as a point of the growth curve. */
export interface GrowthPoint {
  createdAtMs: number
  contentBytes: number
  storedBytes: number
}

/** The SQL of the growth curve. */
export const GROWTH = `SELECT a.created_at_ms AS createdAtMs, a.content_bytes AS contentBytes, a.stored_bytes AS storedBytes
  FROM archives a INDEXED BY archives_by_workspace
  WHERE a.workspace = (SELECT workspace FROM workspaces WHERE id = :workspaceId) AND a.created_at_ms >= :fromMs AND ${IS_VISIBLE}
  ORDER BY a.created_at_ms, a.id LIMIT 10000`

/** Sums over the archives of a workspace, or of all when null; kept as rows come and go, so that nothing is added up here. */
export function getArchivedStorage(db: ReadableDb, workspaceId: string | null): ArchivedStorage {
  return prepared<Record<string, unknown>, ArchivedStorage>(
    db,
    `SELECT COALESCE(SUM(archives), 0) AS archives, COALESCE(SUM(content_bytes), 0) AS contentBytes, COALESCE(SUM(stored_bytes), 0) AS storedBytes
     FROM archive_sums
     WHERE :workspaceId IS NULL OR workspace = (SELECT workspace FROM workspaces WHERE id = :workspaceId)`,
  ).get({ workspaceId })!
}

/** The archives of a workspace from a moment on, oldest first, at most 10,000. */
export function listGrowth(db: ReadableDb, workspaceId: string, fromMs: number): GrowthPoint[] {
  return prepared<Record<string, unknown>, GrowthPoint>(db, GROWTH).all({ workspaceId, fromMs })
}
