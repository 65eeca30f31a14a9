import { expect, test } from 'vitest'
import type { Rung } from '#lib/contracts/archive.ts'
import { dueOrder } from './due-order.ts'
import { withinBudget } from './verify-due.ts'

const NOW = Date.parse('2026-06-30T00:00:00Z')
const DAY = 86_400_000
const at = (daysAgo: number) => new Date(NOW - daysAgo * DAY).toISOString()
const rung = (level: number, daysAgo: number, passed = true): Rung => ({
  level,
  passed,
  checkedAt: at(daysAgo),
  durationMs: 1,
  expiresAt: at(daysAgo - 30),
  findings: [],
})
const archive = (id: string, taken: number, ...rungs: Rung[]) => ({ id, createdAt: at(taken), rungs })
const order = (...archives: ReturnType<typeof archive>[]) => dueOrder(archives, 3, NOW).map(({ id }) => id)

test('proofs about to expire come first, then what was never checked from the newest on, then the oldest check', () => {
  expect(
    order(
      archive('checked-long-ago', 90, rung(3, 80)),
      archive('never-older', 3),
      archive('lapses-tomorrow', 40, rung(3, 29)),
      archive('checked-two-weeks-ago', 20, rung(3, 14)),
      archive('never-newest', 1),
      archive('lapses-in-five-days', 41, rung(3, 25)),
    ),
  ).toEqual(['lapses-tomorrow', 'lapses-in-five-days', 'never-newest', 'never-older', 'checked-long-ago', 'checked-two-weeks-ago'])
})

test('what was checked within the last week is left out, also when it failed, and a higher level counts for the lower', () => {
  expect(order(archive('fresh', 10, rung(3, 6)), archive('failed', 10, rung(3, 2, false)), archive('drilled', 10, rung(5, 1)))).toEqual([])
  expect(order(archive('only-bytes', 10, rung(1, 1)))).toEqual(['only-bytes'])
})

test('the oldest proofs are taken as long as the time lasts: what is begun is ended, and one is always begun', async () => {
  let nowMs = 0
  const done: string[] = []
  const verify = (minutes: number) => async (id: string) => {
    nowMs += minutes * 60_000
    done.push(id)
  }
  expect(await withinBudget(['a', 'b', 'c', 'd'], 10 * 60_000, () => nowMs, verify(4))).toBe(3)
  expect(done).toEqual(['a', 'b', 'c'])
  expect(await withinBudget(['e', 'f'], 10 * 60_000, () => nowMs, verify(60))).toBe(1)
  expect(await withinBudget([], 10 * 60_000, () => nowMs, verify(1))).toBe(0)
})
