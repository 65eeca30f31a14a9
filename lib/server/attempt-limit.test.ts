import { expect, test } from 'vitest'
import { AttemptLimit } from './attempt-limit.ts'

test('attempts within the window are counted by key, and the wait ends with the window', () => {
  const limit = new AttemptLimit({ max: 2, windowMs: 1000 })
  expect([limit.take('a', 0), limit.take('a', 10), limit.take('a', 400), limit.take('b', 400)]).toEqual([0, 0, 600, 0])
  expect(limit.take('a', 1000)).toBe(0)
})

test('a key that ended well starts anew', () => {
  const limit = new AttemptLimit({ max: 1, windowMs: 1000 })
  limit.take('a', 0)
  limit.clear('a')
  expect(limit.take('a', 1)).toBe(0)
})

test('no more than so many keys are kept; the oldest give way', () => {
  const limit = new AttemptLimit({ max: 1, windowMs: 1000, maxKeys: 2 })
  for (const key of ['a', 'b', 'c']) limit.take(key, 0)
  expect([limit.take('b', 1), limit.take('c', 1), limit.take('a', 1)]).toEqual([999, 999, 0])
})
