import type { CalendarDay } from '#lib/contracts/overview.ts'

const DAY_MS = 86_400_000
const DAILY_DAYS = 30
const WEEKLY_DAYS = 84

/** A period of a lane; it shows the newest archive in it. Positions are shares of the lane's width. */
export interface LaneCell {
  key: string
  /** First and last date, `2026-11-24`. */
  from: string
  to: string
  left: number
  width: number
  /** The newest day with an archive; null when the period has none. */
  day: CalendarDay | null
  /** Scheduled, and nothing ran; only told of single days. */
  isMissed: boolean
  /** Not over yet. */
  isOpen: boolean
}

export interface Lane {
  id: 'daily' | 'weekly' | 'monthly'
  label: string
  span: string
  cells: LaneCell[]
}

export interface Lanes {
  lanes: Lane[]
  /** Words below the axis, at shares of its width. */
  ticks: { left: number; text: string }[]
}

/**
 * Archives on one time axis with three scales: the last 30 days wide, the weeks before them narrower, the months before those narrowest. A lane
 * is left out while no archive is old enough for it. `days` are in order, the last one is today.
 */
export function lanesOf(days: readonly CalendarDay[]): Lanes {
  const last = days.length
  const oldest = days.findIndex((day) => day.archives > 0)
  const age = oldest === -1 ? 0 : last - oldest
  const start = age > WEEKLY_DAYS ? startOfMonth(days, oldest) : Math.max(0, last - (age > DAILY_DAYS ? WEEKLY_DAYS : DAILY_DAYS))
  const at = axisOf(start, last)
  const lanes: Lane[] = [
    { id: 'daily', label: 'Daily', span: '30 days', cells: cellsOf(days, Math.max(start, last - DAILY_DAYS), at, sameDay) },
  ]
  if (age > DAILY_DAYS)
    lanes.push({ id: 'weekly', label: 'Weekly', span: '12 weeks', cells: cellsOf(days, Math.max(start, last - WEEKLY_DAYS), at, mondayOf) })
  if (age > WEEKLY_DAYS) lanes.push({ id: 'monthly', label: 'Monthly', span: '12 months', cells: cellsOf(days, start, at, monthOf) })
  return { lanes, ticks: ticksOf(days, start, at) }
}

type Axis = (index: number) => number

/** Where a day starts on the axis: three straight pieces. */
function axisOf(start: number, last: number): Axis {
  const total = last - start
  const pieces: [fromDay: number, toDay: number, share: number][] =
    total <= DAILY_DAYS
      ? [[start, last, 1]]
      : total <= WEEKLY_DAYS
        ? [
            [start, last - DAILY_DAYS, 0.36],
            [last - DAILY_DAYS, last, 0.64],
          ]
        : [
            [start, last - WEEKLY_DAYS, 0.2],
            [last - WEEKLY_DAYS, last - DAILY_DAYS, 0.25],
            [last - DAILY_DAYS, last, 0.55],
          ]
  return (index) => {
    let left = 0
    for (const [from, to, share] of pieces) {
      if (index < to) return left + ((index - from) / (to - from)) * share
      left += share
    }
    return 1
  }
}

function cellsOf(days: readonly CalendarDay[], start: number, at: Axis, periodOf: (date: string) => string): LaneCell[] {
  const cells: LaneCell[] = []
  for (let first = start; first < days.length; ) {
    const period = periodOf(days[first]!.date)
    let end = first + 1
    while (end < days.length && periodOf(days[end]!.date) === period) end++
    const within = days.slice(first, end)
    const isSingle = periodOf === sameDay
    cells.push({
      key: period,
      from: within[0]!.date,
      to: within.at(-1)!.date,
      left: at(first),
      width: at(end) - at(first),
      day: within.findLast((day) => day.archives > 0) ?? null,
      isMissed: isSingle && within[0]!.overdue,
      isOpen: end === days.length && periodOf(dateAfter(within.at(-1)!.date)) === period,
    })
    first = end
  }
  return cells
}

const sameDay = (date: string) => date
const monthOf = (date: string) => date.slice(0, 7)
const dateAfter = (date: string) => new Date(Date.parse(date) + DAY_MS).toISOString().slice(0, 10)

function mondayOf(date: string): string {
  const ms = Date.parse(date)
  return new Date(ms - ((new Date(ms).getUTCDay() + 6) % 7) * DAY_MS).toISOString().slice(0, 10)
}

function startOfMonth(days: readonly CalendarDay[], index: number): number {
  const first = days.findIndex((day) => monthOf(day.date) === monthOf(days[index]!.date))
  return Math.max(0, first)
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const nameOf = (date: string) => `${Number(date.slice(8))} ${MONTHS[Number(date.slice(5, 7)) - 1]}`

function ticksOf(days: readonly CalendarDay[], start: number, at: Axis): Lanes['ticks'] {
  const last = days.length
  const marks = [start, last - WEEKLY_DAYS, last - DAILY_DAYS, last - 23, last - 16, last - 9]
  const shown = [...new Set(marks)].filter((index) => index >= start && index < last)
  return shown.map((index) => ({ left: at(index), text: nameOf(days[index]!.date) }))
}
