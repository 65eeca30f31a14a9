import { expect, test } from 'vitest'
import { inTurns, oneATurn } from './turns.ts'

const spin = (ms: number) => {
  const endMs = performance.now() + ms
  while (performance.now() < endMs);
}

test('work for many gives way to others in between, and is done for each in order', async () => {
  const done: number[] = []
  let doneAtTimer = -1
  setTimeout(() => {
    doneAtTimer = done.length
  }, 1)
  await inTurns([...Array(20).keys()], (n) => {
    spin(2)
    done.push(n)
  })
  expect(done).toEqual([...Array(20).keys()])
  expect(doneAtTimer).toBeGreaterThan(0)
  expect(doneAtTimer).toBeLessThan(20)
})

test('what comes in at once begins in order, and the rest waits while what began keeps turns long', async () => {
  let nowMs = 0
  const begin = oneATurn(() => nowMs, 50)
  const told: string[] = []
  const all = Promise.withResolvers<void>()
  const first = (turnsLeft: number) => {
    nowMs += 10
    told.push(`first, ${turnsLeft} left`)
    if (turnsLeft > 0) setImmediate(first, turnsLeft - 1)
  }
  begin(() => first(2))
  begin(() => told.push('second'))
  begin(all.resolve)
  await all.promise
  expect(told).toEqual(['first, 2 left', 'first, 1 left', 'first, 0 left', 'second'])
})

test('something begins even while every turn is long', async () => {
  let nowMs = 0
  const begin = oneATurn(() => nowMs)
  let isOver = false
  const keepBusy = () => {
    nowMs += 10
    if (!isOver) setImmediate(keepBusy)
  }
  keepBusy()
  await new Promise<void>((resolve) => {
    begin(() => undefined)
    begin(resolve)
  })
  isOver = true
  expect(nowMs).toBeGreaterThanOrEqual(10)
})
