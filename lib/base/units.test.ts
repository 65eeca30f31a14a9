import { expect, test } from 'vitest'
import { formatAge, formatBytes, formatCount, formatDuration, formatMinutes } from './units.ts'

test('bytes are decimal, with a decimal place only where it tells something', () => {
  const cases: [number | null, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KB'],
    [1949, '1.9 KB'],
    [9940, '9.9 KB'],
    [9960, '10 KB'],
    [487_123_456, '487 MB'],
    [999_400, '999 KB'],
    [999_600, '1.0 MB'],
    [14_600_000_000, '14.6 GB'],
    [Number.MAX_SAFE_INTEGER, '9.0 PB'],
    [-2048, '−2.0 KB'],
    [null, '-'],
    [Number.NaN, '-'],
  ]
  for (const [bytes, text] of cases) expect(formatBytes(bytes)).toBe(text)
})

test('counts have their thousands grouped', () => {
  expect([0, 999, 4817, 1_000_000, null].map(formatCount)).toEqual(['0', '999', '4,817', '1,000,000', '-'])
})

test('durations have at most two units', () => {
  const cases: [number | null, string][] = [
    [0, '0.0 s'],
    [12, '< 0.1 s'],
    [50, '0.1 s'],
    [-5, '0.0 s'],
    [440, '0.4 s'],
    [9_940, '9.9 s'],
    [9_960, '10 s'],
    [59_499, '59 s'],
    [59_500, '1 m 00 s'],
    [221_000, '3 m 41 s'],
    [3_599_499, '59 m 59 s'],
    [50_880_000, '14 h 08 m'],
    [9 * 86_400_000, '9 d'],
    [null, '-'],
  ]
  for (const [durationMs, text] of cases) expect(formatDuration(durationMs)).toBe(text)
})

test('what is counted by the minute shows no seconds', () => {
  const cases = [
    [-1, '0 m'],
    [59_999, '0 m'],
    [2_471_000, '41 m'],
    [50_880_000, '14 h 08 m'],
    [9 * 86_400_000, '9 d'],
  ] as const
  for (const [durationMs, text] of cases) expect(formatMinutes(durationMs)).toBe(text)
})

test('ages have one unit, days from two days on', () => {
  const hour = 3_600_000
  const cases: [number | null, string][] = [
    [-1, '0 m'],
    [59 * 60_000, '59 m'],
    [14.9 * hour, '14 h'],
    [48 * hour, '48 h'],
    [49 * hour, '2 d'],
    [72 * hour, '3 d'],
    [null, '-'],
  ]
  for (const [ageMs, text] of cases) expect(formatAge(ageMs)).toBe(text)
})
