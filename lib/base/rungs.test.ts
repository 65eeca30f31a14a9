import { expect, test } from 'vitest'
import { gradeOfRungs, provenUntilMs } from './rungs.ts'

const day = (n: number) => `2026-11-${String(n).padStart(2, '0')}T00:00:00Z`
const rung = (level: number, passed: boolean, at: number, until: number | null = null) => ({
  level,
  passed,
  checkedAt: day(at),
  expiresAt: until === null ? null : day(until),
})
const now = Date.parse(day(20))

test.each([
  ['nothing was checked', [], null, null],
  ['the highest that passed counts', [rung(1, true, 1), rung(3, true, 2)], 3, Number.POSITIVE_INFINITY],
  ['one that lapsed does not, a lower one still does', [rung(1, true, 1), rung(3, true, 2, 10)], 1, Date.parse(day(10))],
  ['all lapsed is as if never checked', [rung(3, true, 2, 10)], null, Date.parse(day(10))],
  ['a lower one that failed later takes it back', [rung(1, false, 5), rung(3, true, 2)], 0, null],
  ['and one that failed at the same moment', [rung(1, false, 2), rung(3, true, 2)], 0, null],
  ['one that failed before does not', [rung(1, false, 1), rung(3, true, 2)], 3, Number.POSITIVE_INFINITY],
  ['a higher one that failed leaves the lower', [rung(3, true, 1), rung(4, false, 2)], 3, Number.POSITIVE_INFINITY],
])('%s', (_, rungs, grade, goodUntilMs) => {
  expect(gradeOfRungs(rungs, now)?.grade ?? null).toBe(grade)
  expect(provenUntilMs(rungs, 3)).toBe(goodUntilMs)
})

test('a grade of 0 is told by the newest check that failed', () => {
  expect(gradeOfRungs([rung(1, false, 3), rung(2, false, 7), rung(3, false, 5)], now)).toMatchObject({ grade: 0, by: { level: 2 } })
})
