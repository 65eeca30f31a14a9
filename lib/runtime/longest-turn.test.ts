import { expect, test } from 'vitest'
import { LongestTurn } from './longest-turn.ts'

test('tells the longest stretch of own work between two looks, and begins anew once it is told', () => {
  let usedUs = 1_000_000
  const turn = new LongestTurn(() => usedUs)
  for (const us of [2_000, 31_000, 500]) {
    usedUs += us
    turn.look()
  }
  expect(turn.takeSeconds()).toBe(0.031)
  usedUs += 4_000
  expect(turn.takeSeconds()).toBe(0.004)
  expect(turn.takeSeconds()).toBe(0)
})

test('time of this very thread is counted, and time that it waits is not', async () => {
  const turn = new LongestTurn()
  const { promise, resolve } = Promise.withResolvers<void>()
  setTimeout(resolve, 30)
  await promise
  const waited = turn.takeSeconds()
  const { user } = process.threadCpuUsage()
  while (process.threadCpuUsage().user - user < 40_000);
  expect(turn.takeSeconds()).toBeGreaterThanOrEqual(0.04)
  expect(waited).toBeLessThan(0.03)
})
