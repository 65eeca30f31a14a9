import type { CalendarDay } from '#lib/contracts/overview.ts'
import { inSnapshot, prepared, type ReadableDb } from '../../handle.ts'
import { IS_VISIBLE } from '../archive-summary.ts'

/** What the archives say about a local day; whether one was expected is the schedule's to say. */
export type ArchivedDay = Omit<CalendarDay, 'expected' | 'overdue'>

/** A day of some calendar: from a moment until before another. */
export interface DaySpan {
  date: string
  fromMs: number
  toMs: number
}

interface Row {
  archives: number
  newestId: string | null
  bestGrade: number | null
  suspect: number
  held: number
  safety: number
}

const OF_DAY = `FROM archives a INDEXED BY archives_by_workspace
  WHERE a.workspace = (SELECT workspace FROM workspaces WHERE id = :workspaceId) AND a.created_at_ms >= :fromMs AND a.created_at_ms < :toMs
    AND ${IS_VISIBLE}`

/** The SQL of what a day has. The grade is what `gradeAt` says: 0 when a check failed and nothing is proven. */
export const CALENDAR = `SELECT COUNT(*) AS archives,
    (SELECT a.id ${OF_DAY} ORDER BY a.created_at_ms DESC, a.id DESC LIMIT 1) AS newestId,
    MAX(CASE
      WHEN a.proof_5_until_ms > :nowMs THEN 5 WHEN a.proof_4_until_ms > :nowMs THEN 4 WHEN a.proof_3_until_ms > :nowMs THEN 3
      WHEN a.proof_2_until_ms > :nowMs THEN 2 WHEN a.proof_1_until_ms > :nowMs THEN 1 WHEN a.rungs LIKE '%"passed":false%' THEN 0
    END) AS bestGrade,
    MAX(a.suspect) AS suspect, MAX(COALESCE(a.hold_until_ms, 0) > :nowMs) AS held, MAX(a.kind = 'safety') AS safety
  ${OF_DAY}`

/** Those of some days that have archives, in their order; grades and holds as of `nowMs`. */
export function listArchivedDays(db: ReadableDb, workspaceId: string, days: readonly DaySpan[], nowMs: number): ArchivedDay[] {
  const ofDay = prepared<Record<string, unknown>, Row>(db, CALENDAR)
  return inSnapshot(db, () =>
    days.flatMap(({ date, fromMs, toMs }) => {
      const row = ofDay.get({ workspaceId, fromMs, toMs, nowMs })!
      const flags = { suspect: row.suspect === 1, held: row.held === 1, safety: row.safety === 1 }
      return row.archives === 0 ? [] : [{ date, ...row, ...flags }]
    }),
  )
}
