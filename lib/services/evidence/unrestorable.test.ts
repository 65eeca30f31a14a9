import { expect, test } from 'vitest'
import type { RestorableArchive } from '#db/catalog/queries/list-restorable.ts'
import { unrestorableDays } from './unrestorable.ts'

const at = (date: string, over: Partial<RestorableArchive> = {}): RestorableArchive => ({
  archiveId: 'arc_000000000000000000000000',
  createdAtMs: Date.parse(`${date}T02:00:00Z`),
  suspect: false,
  lacks: [],
  ...over,
})
const NOW = Date.parse('2026-05-12T12:00:00Z')
const POLICY = { dailyDays: 30, weeklyWeeks: 12 }
const map = (archives: RestorableArchive[], policy = POLICY) =>
  unrestorableDays(archives, policy, { nowMs: NOW, dateOf: (ms) => new Date(ms).toISOString().slice(0, 10) })

test('days without an archive, and days whose archives lack something, are a run; today is not over', () => {
  const lame = { lacks: ['State file'] }
  expect(map([at('2026-05-02'), at('2026-05-04', lame), at('2026-05-05', lame), at('2026-05-10'), at('2026-05-11')])).toEqual([
    { from: '2026-05-03', to: '2026-05-09', days: 7, archives: 2, lacks: ['State file'] },
  ])
  expect(map([at('2026-05-10'), at('2026-05-11')])).toEqual([])
  expect(map([at('2026-05-10')])).toMatchObject([{ from: '2026-05-11', to: '2026-05-11', archives: 0 }])
  expect(map([])).toEqual([])
})

test('a suspect archive gives nothing back until it is accepted, and a good one of the same day does', () => {
  expect(map([at('2026-05-10'), at('2026-05-11', { suspect: true })])).toMatchObject([
    { from: '2026-05-11', lacks: ['a state that can be trusted'] },
  ])
  expect(map([at('2026-05-10'), at('2026-05-11', { suspect: true }), at('2026-05-11')])).toEqual([])
})

test('what retention thins out is no gap, a hole in it is', () => {
  const daily = Array.from({ length: 30 }, (_, i) => at(new Date(NOW - (i + 1) * 86_400_000).toISOString().slice(0, 10))).reverse()
  const weekly = ['2026-03-01', '2026-03-08', '2026-03-15', '2026-03-22', '2026-03-29', '2026-04-05'].map((date) => at(date))
  expect(map([...weekly, ...daily])).toEqual([])
  expect(map([weekly[0]!, ...weekly.slice(3), ...daily])).toMatchObject([{ from: '2026-03-02', to: '2026-03-21', days: 20 }])
})
