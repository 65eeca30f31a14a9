import type { WorkspaceId } from '#lib/base/ids.ts'
import { inTransaction, prepared, type ReadableDb, type WritableDb } from '../../handle.ts'

/** So many measures of a workspace are kept, the newest. */
const KEPT = 20

/** The measure that was kept under a digest, as JSON; null when none was. */
export function findMeasure(db: ReadableDb, digest: string): string | null {
  return prepared<[string], { measure: string }>(db, 'SELECT measure FROM measured_plans WHERE digest = ?').get(digest)?.measure ?? null
}

/** Keeps a measure, and forgets the oldest of its workspace. */
export function keepMeasure(db: WritableDb, kept: { digest: string; workspaceId: WorkspaceId; measure: string; at: string }): void {
  inTransaction(db, () => {
    prepared<Record<string, unknown>>(
      db,
      `INSERT INTO measured_plans (digest, workspace_id, measure, measured_at) VALUES (:digest, :workspaceId, :measure, :at)
       ON CONFLICT (digest) DO UPDATE SET measure = excluded.measure, measured_at = excluded.measured_at`,
    ).run(kept)
    prepared<[string, string, number]>(
      db,
      `DELETE FROM measured_plans WHERE workspace_id = ? AND digest NOT IN (
        SELECT digest FROM measured_plans WHERE workspace_id = ? ORDER BY measured_at DESC, digest LIMIT ?)`,
    ).run(kept.workspaceId, kept.workspaceId, KEPT)
  })
}
