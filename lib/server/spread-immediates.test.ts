import { AsyncLocalStorage } from 'node:async_hooks'
import { expect, test } from 'vitest'
import { spreadImmediates } from './spread-immediates.ts'

test('of immediates that take long one runs a turn, in order and in their own context; one that is taken back does not', async () => {
  let nowMs = 0
  const place = { setImmediate, clearImmediate }
  spreadImmediates([place], () => nowMs)
  const who = new AsyncLocalStorage<string>()
  const told: (string | undefined)[] = []
  const all = Promise.withResolvers<void>()
  let turn = 0
  const countTurns = () => {
    turn++
    if (told.length < 3) setImmediate(countTurns)
    else all.resolve()
  }
  setImmediate(countTurns)
  for (const name of ['a', 'b', 'c']) {
    who.run(name, () =>
      place.setImmediate(() => {
        nowMs += 10
        told.push(`${who.getStore()} in turn ${turn}`)
      }),
    )
    if (name === 'a') place.clearImmediate(place.setImmediate(() => told.push('taken back')))
  }
  await all.promise
  expect(told).toEqual(['a in turn 1', 'b in turn 2', 'c in turn 3'])
})
