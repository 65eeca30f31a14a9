import type { CalendarDay } from '#lib/contracts/overview.ts'
import { prepared, type ReadableDb } from '../../handle.ts'
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
  day: number
  archives: number
  newestId: string
  bestGrade: number | null
  suspect: number
  held: number
  safety: number
}

/** Days as a table that SQL goes through by itself: asking for each day costs several times as much. */
export const DAYS = '(SELECT key AS day, value ->> 0 AS fromMs, value ->> 1 AS toMs FROM json_each(:days))'

/** The condition for archives of a day of DAYS. */
export const IS_OF_DAY = `a.workspace = (SELECT workspace FROM workspaces WHERE id = :workspaceId) AND a.created_at_ms >= d.fromMs AND a.created_at_ms < d.toMs
    AND ${IS_VISIBLE}`

/** DAYS of some spans. */
export const daysJson = (spans: readonly DaySpan[]): string => JSON.stringify(spans.map(({ fromMs, toMs }) => [fromMs, toMs]))

/** The SQL of what each day has. The grade is what `gradeAt` says: 0 when a check failed and nothing is proven. */
export const CALENDAR = `SELECT d.day, COUNT(*) AS archives,
    (SELECT a.id FROM archives a INDEXED BY archives_by_workspace WHERE ${IS_OF_DAY} ORDER BY a.created_at_ms DESC, a.id DESC LIMIT 1) AS newestId,
    MAX(CASE
      WHEN a.proof_5_until_ms > :nowMs THEN 5 WHEN a.proof_4_until_ms > :nowMs THEN 4 WHEN a.proof_3_until_ms > :nowMs THEN 3
      WHEN a.proof_2_until_ms > :nowMs THEN 2 WHEN a.proof_1_until_ms > :nowMs THEN 1 WHEN a.rungs LIKE '%"passed":false%' THEN 0
    END) AS bestGrade,
    MAX(a.suspect) AS suspect, MAX(COALESCE(a.hold_until_ms, 0) > :nowMs) AS held, MAX(a.kind = 'safety') AS safety
  FROM ${DAYS} d CROSS JOIN archives a INDEXED BY archives_by_workspace
  WHERE ${IS_OF_DAY}
  GROUP BY d.day ORDER BY d.day`

/** Those of some days that have archives, in their order; grades and holds as of `nowMs`. */
export function listArchivedDays(db: ReadableDb, workspaceId: string, days: readonly DaySpan[], nowMs: number): ArchivedDay[] {
  const rows = prepared<Record<string, unknown>, Row>(db, CALENDAR).all({ workspaceId, days: daysJson(days), nowMs })
  return rows.map(({ day, suspect, held, safety, ...row }) => {
    return { date: days[day]!.date, ...row, suspect: suspect === 1, held: held === 1, safety: safety === 1 }
  })
}
