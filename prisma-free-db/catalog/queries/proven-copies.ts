import { inSnapshot, prepared, type ReadableDb } from '../../handle.ts'
import { IS_VISIBLE } from '../archive-summary.ts'
import { findPath } from '../tables/paths.ts'

/** Archives that hold a file as it is now, and are proven to. */
export interface ProvenCopies {
  archives: number
  /** When the newest of them was taken; null = none. */
  newestMs: number | null
}

/** The SQL of the archives at level 3 or better that hold a path with this size and time. Times are equal below 1 µs apart. */
export const PROVEN_COPIES = `SELECT COUNT(*) AS archives, MAX(a.created_at_ms) AS newestMs
  FROM entry_versions v
  CROSS JOIN archives a ON a.series = v.series AND a.number >= v.since AND (v.until IS NULL OR a.number < v.until)
  WHERE v.path = :path AND v.type = 'f' AND v.size = :size AND v.mtime_ns BETWEEN :mtime - 999 AND :mtime + 999
    AND ${IS_VISIBLE} AND a.suspect = 0 AND a.proof_3_until_ms > :nowMs`

/** Asks of one file after the other which archives of a workspace, proven as of `nowMs`, hold it. */
export function provenCopiesOf(
  db: ReadableDb,
  workspaceId: string,
  nowMs: number,
): (file: { path: string; sizeBytes: number; mtimeNs: bigint }) => ProvenCopies {
  const root = inSnapshot(
    db,
    () => prepared<[string], { root: number }>(db, 'SELECT root_path AS root FROM workspaces WHERE id = ?').get(workspaceId)?.root ?? null,
  )
  return ({ path, sizeBytes, mtimeNs }) => {
    const id = root === null ? null : findPath(db, root, path)
    if (id === null) return { archives: 0, newestMs: null }
    return prepared<Record<string, unknown>, ProvenCopies>(db, PROVEN_COPIES).get({ path: id, size: sizeBytes, mtime: mtimeNs, nowMs })!
  }
}
