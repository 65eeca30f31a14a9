import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findBreak, type Verdict } from './find-break.ts'
import { parseCheck } from './json/json-check.ts'
import type { Json } from './json/json-value.ts'

const over = (verdicts: Verdict[]) => findBreak([...verdicts.keys()], async (at) => verdicts[at]!)

test('the first bad one is found in few looks, wherever it is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 400 }), async (good, bad) => {
      const found = await over([...Array<Verdict>(good).fill('good'), ...Array<Verdict>(bad).fill('bad')])
      expect([found.lastGood, found.firstBad]).toEqual([good - 1, good])
      expect(found.steps.length).toBeLessThanOrEqual(3 + Math.ceil(Math.log2(good + bad)))
    }),
  )
})

test('with gaps that cannot be looked at, and things that came and went, what is found still is a change from good to bad', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom<Verdict>('good', 'bad', 'unknown'), { maxLength: 60 }), async (verdicts) => {
      const { lastGood, firstBad, steps } = await over(verdicts)
      const known = verdicts.filter((verdict) => verdict !== 'unknown')
      if (known.at(-1) !== 'bad') expect(firstBad).toBeNull()
      else expect(verdicts[firstBad!]).toBe('bad')
      if (lastGood !== null) expect(verdicts[lastGood]).toBe('good')
      if (lastGood !== null && firstBad !== null) {
        expect(lastGood).toBeLessThan(firstBad)
        expect(verdicts.slice(lastGood + 1, firstBad).every((verdict) => verdict === 'unknown')).toBe(true)
      }
      expect(new Set(steps.map(({ candidate }) => candidate)).size).toBe(steps.length)
    }),
    { numRuns: 500 },
  )
})

test.for([
  ['/taskHistory/length > 2', true],
  ['/taskHistory/length <= 2', false],
  ['/taskHistory/0/status = done', true],
  ['/taskHistory/0/status != "done"', false],
  ['/a~1b exists', true],
  ['/missing', false],
  ['/missing absent', true],
  ['/updatedAt >= 2026-11-01', true],
  ['/updatedAt > 7', false],
  ['/tags contains red', true],
  ['/taskHistory/length contains 3', false],
  ['/__proto__ exists', false],
] as const)('a condition says what it means: %s', ([text, holds]) => {
  const state: Json = { taskHistory: [{ status: 'done' }, {}, {}], 'a/b': null, updatedAt: '2026-11-23T00:00:00Z', tags: ['red'] }
  expect(parseCheck(text).holds(state)).toBe(holds)
})

test.for(['taskHistory > 2', '/a >', '/a about 3', '/a exists 3'])('what is no condition is refused: %s', (text) => {
  expect(() => parseCheck(text)).toThrow('is no condition')
})
