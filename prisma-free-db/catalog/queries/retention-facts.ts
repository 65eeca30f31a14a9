import type { ArchiveId } from '#lib/base/ids.ts'
import type { ArchiveKind, Rung } from '#lib/contracts/archive.ts'
import { prepared, type ReadableDb } from '../../handle.ts'
import { IS_VISIBLE } from '../archive-summary.ts'
import { gradeAt } from '../derived-marks.ts'

/** What retention asks the catalog about an archive. */
export interface RetentionRow {
  id: ArchiveId
  kind: ArchiveKind
  createdAtMs: number
  note: string | null
  grade: number | null
  gradedAt: string | null
  suspect: boolean
  accepted: boolean
  hold: { actor: string; reason: string; until: string | null } | null
  /** A release stands, and no hold after it. */
  released: boolean
  /** Until when it counts as proven at L3 or better; also past ones, null = it never did or fell. */
  knownGoodUntilMs: number | null
  contentBytes: number
}

interface Row {
  id: string
  kind: string
  createdAtMs: number
  note: string | null
  rungs: string
  suspect: number
  accepted: number
  hold: string | null
  holdUntilMs: number | null
  released: number
  knownGoodUntilMs: number | null
  contentBytes: number
}

/** The SQL of all archives of a workspace with what marks say of them. */
export const RETENTION_FACTS = `SELECT a.id, a.kind, a.created_at_ms AS createdAtMs, a.note, a.rungs, a.suspect, a.hold, a.hold_until_ms AS holdUntilMs,
    a.content_bytes AS contentBytes, a.proof_3_until_ms AS knownGoodUntilMs,
    a.accepted, a.released
  FROM archives a INDEXED BY archives_by_workspace
  WHERE a.workspace = (SELECT workspace FROM workspaces WHERE id = :workspaceId) AND ${IS_VISIBLE}
  ORDER BY a.created_at_ms DESC, a.id DESC`

/** Every archive of a workspace that is not forgotten, newest first; holds and grades as of `nowMs`. */
export function listRetentionFacts(db: ReadableDb, workspaceId: string, nowMs: number): RetentionRow[] {
  return prepared<Record<string, unknown>, Row>(db, RETENTION_FACTS)
    .all({ workspaceId })
    .map(({ rungs, hold, holdUntilMs, ...row }) => {
      const graded = gradeAt(JSON.parse(rungs) as Rung[], nowMs)
      const isHeld = hold !== null && holdUntilMs !== null && holdUntilMs > nowMs
      return {
        id: row.id as ArchiveId,
        kind: row.kind as ArchiveKind,
        createdAtMs: row.createdAtMs,
        note: row.note,
        grade: graded?.grade ?? null,
        gradedAt: graded?.gradedAt ?? null,
        suspect: row.suspect === 1,
        accepted: row.accepted === 1,
        hold: isHeld ? (JSON.parse(hold) as RetentionRow['hold']) : null,
        released: row.released === 1,
        knownGoodUntilMs: row.knownGoodUntilMs,
        contentBytes: row.contentBytes,
      }
    })
}
