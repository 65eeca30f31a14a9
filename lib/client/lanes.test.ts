import { expect, test } from 'vitest'
import type { CalendarDay } from '#lib/contracts/overview.ts'
import { lanesOf } from './lanes.ts'

const LAST = Date.UTC(2026, 10, 25)

/** A year of days up to Wed 25 Nov 2026; archives are taken on the last `taken` of them. */
function days(taken: number, more: (daysAgo: number) => Partial<CalendarDay> = () => ({})): CalendarDay[] {
  return Array.from({ length: 372 }, (_, i) => {
    const daysAgo = 371 - i
    const date = new Date(LAST - daysAgo * 86_400_000).toISOString().slice(0, 10)
    const archives = daysAgo < taken ? 1 : 0
    const none = { suspect: false, held: false, safety: false, expected: false, overdue: false }
    return { date, archives, newestId: archives ? `arc_${daysAgo}` : null, bestGrade: null, ...none, ...more(daysAgo) }
  })
}

test('a lane comes only once an archive is old enough for it', () => {
  expect([0, 30, 31, 84, 85].map((taken) => lanesOf(days(taken)).lanes.length)).toEqual([1, 1, 2, 2, 3])
})

test('cells of each lane follow one another and end with today', () => {
  for (const taken of [3, 60, 200, 372])
    for (const { cells } of lanesOf(days(taken)).lanes) {
      for (const [i, cell] of cells.slice(1).entries()) expect(cell.left).toBeCloseTo(cells[i]!.left + cells[i]!.width)
      expect(cells.at(-1)!.left + cells.at(-1)!.width).toBeCloseTo(1)
      expect(cells.at(-1)!.to).toBe('2026-11-25')
    }
})

test('weeks start on Monday, months on the first, and both show their newest archive', () => {
  const [daily, weekly, monthly] = lanesOf(days(200)).lanes
  expect(daily!.cells).toHaveLength(30)
  expect(weekly!.cells.at(-1)).toMatchObject({ from: '2026-11-23', isOpen: true, day: { newestId: 'arc_0' } })
  expect(weekly!.cells.at(-2)).toMatchObject({ from: '2026-11-16', to: '2026-11-22', isOpen: false, day: { newestId: 'arc_3' } })
  expect(monthly!.cells.at(-2)).toMatchObject({ from: '2026-10-01', to: '2026-10-31', day: { newestId: 'arc_25' } })
})

test('a missed day is told in the daily lane only', () => {
  const missed = lanesOf(days(200, (daysAgo) => (daysAgo === 5 ? { archives: 0, newestId: null, overdue: true } : {})))
  expect(missed.lanes.map(({ cells }) => cells.filter(({ isMissed }) => isMissed).length)).toEqual([1, 0, 0])
})
