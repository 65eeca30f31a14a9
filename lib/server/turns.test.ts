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

test('what comes in at once begins in order, one a turn of the event loop', async () => {
  const begin = oneATurn()
  const turns: number[] = []
  let turn = 0
  const all = Promise.withResolvers<void>()
  const count = () => {
    turn++
    if (turns.length < 3) setImmediate(count)
    else all.resolve()
  }
  for (let n = 0; n < 3; n++) begin(() => turns.push(turn))
  setImmediate(count)
  await all.promise
  expect(turns).toEqual([0, 1, 2])
  await new Promise<void>((resolve) => begin(resolve))
})
