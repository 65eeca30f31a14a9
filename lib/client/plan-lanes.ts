import type { CalendarDay } from '#lib/contracts/overview.ts'
import type { PlannedArchive, RetentionPlan } from '#lib/contracts/retention.ts'
import { type Lane, type LaneCell, type Lanes, lanesOf } from './lanes.ts'

const DAY_MS = 86_400_000
/** Older archives than this are in the list only. */
const MOST_DAYS = 1_200

/** What a plan does to a period of a lane: it stays by this lane, stays by another one or a veto, or goes. */
export type CellFate = 'stays' | 'other' | 'goes' | 'none'

export interface PlanCell extends LaneCell {
  fate: CellFate
  /** The archive that is told of: the one that stays, else the newest that goes. */
  archive: PlannedArchive | null
  /** How many of the period go. */
  going: number
}

export interface PlanLane extends Lane {
  cells: PlanCell[]
}

export interface PlanLanes extends Omit<Lanes, 'lanes'> {
  lanes: PlanLane[]
  /** Kept by no window: held, safety, by kind. Positions are shares of the width. */
  others: { left: number; archive: PlannedArchive }[]
}

/** A plan on the same axis that archives are shown on: days, weeks, months; by the plan's time zone. */
export function planLanesOf(plan: RetentionPlan): PlanLanes {
  const dateOf = dateFormat(plan.timeZone)
  const byDate = new Map<string, PlannedArchive[]>()
  for (const archive of plan.archives) {
    const date = dateOf(archive.createdAt)
    byDate.set(date, [...(byDate.get(date) ?? []), archive])
  }
  const dates = [dateOf(plan.plannedAt), ...byDate.keys()].sort()
  const days = calendarOf(dates[0]!, dates.at(-1)!, byDate)
  const { lanes, ticks } = lanesOf(days)
  const within = ({ from, to }: LaneCell) => [...byDate].filter(([date]) => date >= from && date <= to).flatMap(([, archives]) => archives)
  const shown = lanes.map((lane) => ({ ...lane, cells: lane.cells.map((cell) => cellOf(lane, cell, within(cell))) }))
  return { lanes: shown, ticks, others: othersOf(plan, shown, dateOf) }
}

function cellOf(lane: Lane, cell: LaneCell, archives: PlannedArchive[]): PlanCell {
  const newest = archives.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
  const own = newest.find(({ keep, slots }) => keep && slots.includes(lane.id)) ?? null
  const kept = own ?? newest.find(({ keep }) => keep) ?? null
  const fate: CellFate = own ? 'stays' : kept ? 'other' : newest.length > 0 ? 'goes' : 'none'
  return { ...cell, fate, archive: kept ?? newest[0] ?? null, going: newest.filter(({ keep }) => !keep).length }
}

/** Where the day of each archive that only a veto or a name keeps lies on the finest lane that shows it. */
function othersOf(plan: RetentionPlan, lanes: PlanLane[], dateOf: (iso: string) => string): PlanLanes['others'] {
  return plan.archives
    .filter(({ keep, slots }) => keep && slots.length === 0)
    .flatMap((archive) => {
      const date = dateOf(archive.createdAt)
      const cell = lanes.flatMap(({ cells }) => cells).find(({ from, to }) => from <= date && date <= to)
      return cell ? [{ left: cell.left + cell.width / 2, archive }] : []
    })
}

function calendarOf(first: string, last: string, byDate: ReadonlyMap<string, PlannedArchive[]>): CalendarDay[] {
  const toMs = Date.parse(last)
  const days: CalendarDay[] = []
  for (let ms = Math.max(Date.parse(first), toMs - MOST_DAYS * DAY_MS); ms <= toMs; ms += DAY_MS) {
    const date = new Date(ms).toISOString().slice(0, 10)
    const archives = byDate.get(date) ?? []
    const grades = archives.flatMap(({ grade }) => grade ?? [])
    days.push({
      date,
      archives: archives.length,
      newestId: archives[0]?.archiveId ?? null,
      bestGrade: grades.length > 0 ? Math.max(...grades) : null,
      suspect: archives.some(({ vetoes }) => vetoes.includes('suspect')),
      held: archives.some(({ held }) => held),
      safety: archives.some(({ kind }) => kind === 'safety'),
      expected: false,
      overdue: false,
    })
  }
  return days
}

/** ISO date of a moment in a zone; the Swedish locale writes dates so. */
function dateFormat(timeZone: string): (iso: string) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
  return (iso) => format.format(Date.parse(iso))
}
