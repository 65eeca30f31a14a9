import { expect, test } from 'vitest'
import { formatMoment } from './moment-text.ts'

test('a moment is told in UTC, with the year only when it is another one', () => {
  const at = Date.UTC(2026, 10, 4, 2, 5)
  expect([formatMoment(at, Date.UTC(2026, 0, 1)), formatMoment(at, Date.UTC(2027, 0, 1))]).toEqual(['4 Nov 02:05', '4 Nov 2026 02:05'])
})
