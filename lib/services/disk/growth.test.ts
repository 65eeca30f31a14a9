import { expect, test } from 'vitest'
import type { ItemGrowthPoint } from '#db/catalog/queries/item-growth.ts'
import { daysUntilFull, growthOf } from './growth.ts'

const DAY_MS = 86_400_000
const point = (day: number, logs: number, stored = 0, kind = 'backup'): ItemGrowthPoint => ({
  createdAtMs: day * DAY_MS,
  kind,
  storedBytes: stored,
  items: [{ key: 'logsDir', contentBytes: logs }],
})

test('growth is the line from the first to the last backup, and what the repository took in between', () => {
  const growth = growthOf([point(1, 100, 900), point(2, 400, 30), point(3, 300, 50)])
  expect(growth.perDay.get('logsDir')).toBe(100)
  expect(growth.repositoryPerDay).toBe(40)
  expect(growth).toMatchObject({ fromMs: DAY_MS, toMs: 3 * DAY_MS, archives: 3 })
})

test('what left in an offload is no shrinking: the line begins after it', () => {
  const growth = growthOf([point(1, 1000), point(2, 1100), point(2.5, 900, 5, 'offload'), point(3, 300), point(5, 500)])
  expect(growth.perDay.get('logsDir')).toBe(100)
})

test.each([
  ['no backup', []],
  ['one backup', [point(1, 100)]],
  ['two backups within a day', [point(1, 100), point(1.5, 900)]],
  ['safety archives alone', [point(1, 100, 0, 'safety'), point(9, 900, 0, 'safety')]],
])('%s: growth is unknown, never zero', (_, points) => {
  const growth = growthOf(points)
  expect(growth.perDay.size).toBe(0)
  expect(growth.repositoryPerDay).toBeNull()
  expect(growth.method).toContain('unknown until')
})

test('a disk that does not grow, or whose growth is unknown, has no day on which it is full', () => {
  expect(daysUntilFull(1000, 100)).toBe(10)
  expect(daysUntilFull(1000, 0)).toBeNull()
  expect(daysUntilFull(1000, -5)).toBeNull()
  expect(daysUntilFull(1000, null)).toBeNull()
  expect(daysUntilFull(null, 5)).toBeNull()
})
