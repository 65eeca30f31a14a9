import { AppError } from '#lib/base/errors.ts'
import type { Rung } from '#lib/contracts/archive.ts'
import type { CalendarDay } from '#lib/contracts/overview.ts'
import { prepared, type ReadableDb } from '../../handle.ts'
import { IS_VISIBLE } from '../archive-summary.ts'
import { gradeAt } from '../derived-marks.ts'

/** What the archives say about a local day; whether one was expected is the schedule's to say. */
export type ArchivedDay = Omit<CalendarDay, 'expected' | 'overdue'>

interface Row {
  id: string
  createdAtMs: number
  kind: string
  suspect: number
  holdUntilMs: number | null
  rungs: string
}

/** The SQL of the archives of a span of time, oldest first. */
export const CALENDAR = `SELECT a.id, a.created_at_ms AS createdAtMs, a.kind, a.suspect, a.hold_until_ms AS holdUntilMs, a.rungs
  FROM archives a INDEXED BY archives_by_workspace
  WHERE a.workspace = (SELECT workspace FROM workspaces WHERE id = :workspaceId)
    AND a.created_at_ms >= :fromMs AND a.created_at_ms < :toMs AND ${IS_VISIBLE}
  ORDER BY a.created_at_ms, a.id`

const LONGEST_SPAN_MS = 800 * 86_400_000

/**
 * The days of a span that have archives, oldest first, by the calendar of a time zone. Days without one are left out.
 * Throws `invalid_input` for an unknown zone or a span over 800 days.
 */
export function listArchivedDays(
  db: ReadableDb,
  request: { workspaceId: string; fromMs: number; toMs: number; timeZone: string },
  nowMs: number,
): ArchivedDay[] {
  if (!(request.toMs - request.fromMs <= LONGEST_SPAN_MS)) {
    throw new AppError('invalid_input', { message: 'The calendar shows up to 800 days at once.', hint: 'Ask for a shorter span.' })
  }
  const dayOf = dayFormat(request.timeZone)
  const { workspaceId, fromMs, toMs } = request
  const days = new Map<string, ArchivedDay>()
  for (const row of prepared<Record<string, unknown>, Row>(db, CALENDAR).all({ workspaceId, fromMs, toMs })) {
    const date = dayOf(row.createdAtMs)
    let day = days.get(date)
    if (!day) days.set(date, (day = { date, archives: 0, newestId: null, bestGrade: null, suspect: false, held: false, safety: false }))
    const grade = gradeAt(JSON.parse(row.rungs) as Rung[], nowMs)?.grade ?? null
    day.archives++
    day.newestId = row.id
    day.bestGrade = grade === null ? day.bestGrade : Math.max(grade, day.bestGrade ?? 0)
    day.suspect ||= row.suspect === 1
    day.held ||= (row.holdUntilMs ?? 0) > nowMs
    day.safety ||= row.kind === 'safety'
  }
  return [...days.values()]
}

/** ISO date of a moment in a zone; the Swedish locale writes dates so. */
function dayFormat(timeZone: string): (ms: number) => string {
  try {
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    return (ms) => format.format(ms)
  } catch (error) {
    throw new AppError('invalid_input', {
      message: `There is no time zone ${timeZone}.`,
      hint: 'Use a name such as Europe/Berlin.',
      cause: error,
    })
  }
}
