import { listArchivedDays } from '#db/catalog/queries/calendar.ts'
import { listBackupTimes } from '#db/console/queries/list-jobs.ts'
import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { CalendarDay } from '#lib/contracts/overview.ts'
import { ZonedCalendar } from '#lib/engine/retention/zone.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { dueBetween } from '../schedule/due.ts'

const DAY_MS = 86_400_000

/**
 * One row a local day up to today, oldest first. A day on which a scheduled run is missing is overdue; one whose archives were forgotten since is not.
 */
export function archiveCalendar(ctx: ServiceContext, input: { workspaceId: WorkspaceId; days: number }): CalendarDay[] {
  requireRight(ctx, 'list')
  const workspace = requireWorkspace(ctx.consoleDb, input.workspaceId)
  const nowMs = ctx.clock.nowMs()
  const fromMs = nowMs - input.days * DAY_MS
  const { schedule, timeZone, createdAt } = workspace
  const calendar = ZonedCalendar.of(timeZone)
  const spans = calendar.daysBetween(fromMs + DAY_MS, nowMs)
  const archived = new Map(listArchivedDays(ctx.catalogDb(), workspace.id, spans, nowMs).map((day) => [day.date, day]))
  const dateOf = (ms: number) => calendar.dateOf(ms)
  const due = schedule === null ? [] : dueBetween(schedule, timeZone, Math.max(fromMs, Date.parse(createdAt)), nowMs)
  const expected = new Set(due.map(dateOf))
  const backedUp = new Set(listBackupTimes(ctx.consoleDb, workspace.id, new Date(fromMs).toISOString()).map((at) => dateOf(Date.parse(at))))
  return spans.map(({ date }) => {
    const day = archived.get(date) ?? { date, archives: 0, newestId: null, bestGrade: null, suspect: false, held: false, safety: false }
    return { ...day, expected: expected.has(date), overdue: expected.has(date) && day.archives === 0 && !backedUp.has(date) }
  })
}
