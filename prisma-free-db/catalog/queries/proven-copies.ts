import { inSnapshot, prepared, type ReadableDb } from '../../handle.ts'
import { IS_VISIBLE } from '../archive-summary.ts'
import { findPath } from '../tables/paths.ts'

/** Archives that hold a file as it is now, and are proven to. */
export interface ProvenCopies {
  archives: number
  /** When the newest of them was taken; null = none. */
  newestMs: number | null
  /** True when any archive of the repository that is asked about has it, proven or not: its content is stored there. */
  isStored: boolean
}

interface Row {
  archives: number
  newestMs: number | null
  stored: number
}

/** The SQL of the archives that hold a path with this size and time. Times are equal below 1 µs apart. */
export const PROVEN_COPIES = `SELECT COUNT(CASE WHEN a.suspect = 0 AND a.proof_3_until_ms > :nowMs THEN 1 END) AS archives,
    MAX(CASE WHEN a.suspect = 0 AND a.proof_3_until_ms > :nowMs THEN a.created_at_ms END) AS newestMs,
    COUNT(CASE WHEN r.location = :location THEN 1 END) AS stored
  FROM entry_versions v
  CROSS JOIN archives a ON a.series = v.series AND a.number >= v.since AND (v.until IS NULL OR a.number < v.until)
  CROSS JOIN series s ON s.series = a.series
  CROSS JOIN repositories r ON r.repository = s.repository
  WHERE v.path = :path AND v.type = 'f' AND v.size = :size AND v.mtime_ns BETWEEN :mtime - 999 AND :mtime + 999 AND ${IS_VISIBLE}`

/** Asks of one file after the other which archives of a workspace hold it, proven as of `nowMs`, and whether a repository does. */
export function provenCopiesOf(
  db: ReadableDb,
  { workspaceId, location, nowMs }: { workspaceId: string; location: string; nowMs: number },
): (file: { path: string; sizeBytes: number; mtimeNs: bigint }) => ProvenCopies {
  const root = inSnapshot(
    db,
    () => prepared<[string], { root: number }>(db, 'SELECT root_path AS root FROM workspaces WHERE id = ?').get(workspaceId)?.root ?? null,
  )
  return ({ path, sizeBytes, mtimeNs }) => {
    const id = root === null ? null : findPath(db, root, path)
    if (id === null) return { archives: 0, newestMs: null, isStored: false }
    const { stored, ...copies } = prepared<Record<string, unknown>, Row>(db, PROVEN_COPIES).get({
      path: id,
      size: sizeBytes,
      mtime: mtimeNs,
      nowMs,
      location,
    })!
    return { ...copies, isStored: stored > 0 }
  }
}
