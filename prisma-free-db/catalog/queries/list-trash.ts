import type { ArchiveSummary } from '#lib/contracts/archive.ts'
import { prepared, type ReadableDb } from '../../handle.ts'
import { archiveSummary, SUMMARY_COLUMNS, type SummaryRow } from '../archive-summary.ts'

/** A forgotten archive, and the mark that says so. */
export interface TrashRow {
  summary: ArchiveSummary
  forgottenAtMs: number
  forgottenBy: string
  reason: string
  /** A release after the last hold: it lets an offload archive go. */
  isReleased: boolean
}

/** The SQL of the trash of one workspace, or of all of them. */
export const LIST_TRASH = `SELECT ${SUMMARY_COLUMNS}, a.forgotten_at_ms AS forgottenAtMs,
    (SELECT m.mark FROM marks m WHERE m.archive = a.archive AND m.mark ->> 'kind' = 'forget' ORDER BY m.seq DESC LIMIT 1) AS mark,
    (SELECT m.mark ->> 'kind' FROM marks m WHERE m.archive = a.archive AND m.mark ->> 'kind' IN ('hold', 'release') ORDER BY m.seq DESC LIMIT 1) AS lastHold
  FROM archives a JOIN workspaces w ON w.workspace = a.workspace
  WHERE a.committed = 1 AND a.forgotten_at_ms IS NOT NULL AND (:workspaceId IS NULL OR w.id = :workspaceId)
  ORDER BY a.forgotten_at_ms DESC, a.created_at_ms DESC, a.id DESC`

/** Forgotten archives that no prune has taken yet, the one forgotten last first; holds and grades as of `nowMs`. */
export function listTrash(db: ReadableDb, workspaceId: string | null, nowMs: number): TrashRow[] {
  return prepared<Record<string, unknown>, SummaryRow & { forgottenAtMs: number; mark: string | null; lastHold: string | null }>(
    db,
    LIST_TRASH,
  )
    .all({ workspaceId })
    .map((row) => {
      const { actor = '', reason = '' } = JSON.parse(row.mark ?? '{}') as { actor?: string; reason?: string }
      return {
        summary: archiveSummary(row, nowMs),
        forgottenAtMs: row.forgottenAtMs,
        forgottenBy: actor,
        reason,
        isReleased: row.lastHold === 'release',
      }
    })
}
