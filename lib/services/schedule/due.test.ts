import { describe, expect, test } from 'vitest'
import { dueBetween, newestDue, nextDue, scheduleProblem } from './due.ts'

const at = (iso: string) => Date.parse(iso)
const iso = (times: (number | null)[]) => times.map((time) => (time === null ? null : new Date(time).toISOString()))
const DAY_MS = 86_400_000

/** schedule · zone · after · next due */
const NEXT: [schedule: string, zone: string, after: string, next: string | null][] = [
  ['0 2 * * *', 'UTC', '2026-03-10T01:59:59Z', '2026-03-10T02:00:00.000Z'],
  ['0 2 * * *', 'UTC', '2026-03-10T02:00:00Z', '2026-03-11T02:00:00.000Z'],
  ['0 2 * * *', 'Europe/Berlin', '2026-01-10T00:00:00Z', '2026-01-10T01:00:00.000Z'],
  ['0 2 * * *', 'Europe/Berlin', '2026-07-10T00:30:00Z', '2026-07-11T00:00:00.000Z'],
  ['0 2 * * *', 'America/New_York', '2026-01-10T00:00:00Z', '2026-01-10T07:00:00.000Z'],
  ['0 2 * * *', 'Asia/Kolkata', '2026-01-10T00:00:00Z', '2026-01-10T20:30:00.000Z'],
  ['30 2 29 2 *', 'UTC', '2026-03-01T00:00:00Z', '2028-02-29T02:30:00.000Z'],
  ['0 2 * * MON-FRI', 'UTC', '2026-03-06T03:00:00Z', '2026-03-09T02:00:00.000Z'],
  ['0 2 30 2 *', 'UTC', '2026-03-01T00:00:00Z', null],
]

test.each(NEXT)('%s in %s after %s is due at %s', (schedule, zone, after, next) => {
  expect(iso([nextDue(schedule, zone, at(after))])).toEqual([next])
})

test('what is due lies after the start and at or before the end, oldest first', () => {
  expect(iso(dueBetween('0 2 * * *', 'UTC', at('2026-03-10T02:00:00Z'), at('2026-03-12T02:00:00Z')))).toEqual([
    '2026-03-11T02:00:00.000Z',
    '2026-03-12T02:00:00.000Z',
  ])
  expect(dueBetween('0 2 * * *', 'UTC', at('2026-03-12T02:00:00Z'), at('2026-03-10T02:00:00Z'))).toEqual([])
})

test.each(['* * * * *', '0 * * * *', '0 2 * * *', '30 2 * * 1', '0 0 1 * *', '30 2 29 2 *'])(
  'the newest due time of %s is the last one there is',
  (schedule) => {
    const to = at('2026-10-26T12:00:00Z')
    for (const from of [
      '2026-10-26T12:00:00Z',
      '2026-10-26T11:59:59Z',
      '2026-10-26T01:00:00Z',
      '2026-10-20T00:00:00Z',
      '2026-09-01T00:00:00Z',
    ]) {
      // Counted one by one: two months of minutes would take long and say nothing new.
      if (schedule === '* * * * *' && at(from) < at('2026-10-01T00:00:00Z')) continue
      expect(newestDue(schedule, 'Europe/Berlin', at(from), to)).toBe(dueBetween(schedule, 'Europe/Berlin', at(from), to).at(-1) ?? null)
    }
  },
)

test('after years without a look the newest due time is still the last one', () => {
  expect(iso([newestDue('* * * * *', 'UTC', at('2016-01-01T00:00:00Z'), at('2026-03-10T02:00:30Z'))])).toEqual(['2026-03-10T02:00:00.000Z'])
  expect(iso([newestDue('30 2 29 2 *', 'UTC', at('2016-01-01T00:00:00Z'), at('2026-03-10T02:00:30Z'))])).toEqual([
    '2024-02-29T02:30:00.000Z',
  ])
})

describe('when the clocks change', () => {
  test('a time that the day skips comes due once, right after the gap, and the day after as always', () => {
    // Berlin goes from 02:00 to 03:00 on 2026-03-29.
    expect(iso(dueBetween('30 2 * * *', 'Europe/Berlin', at('2026-03-28T12:00:00Z'), at('2026-03-30T12:00:00Z')))).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ])
  })

  test('a time that the day has twice comes due once', () => {
    // Berlin goes from 03:00 back to 02:00 on 2026-10-25.
    expect(iso(dueBetween('30 2 * * *', 'Europe/Berlin', at('2026-10-24T12:00:00Z'), at('2026-10-26T12:00:00Z')))).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ])
  })

  test.each(['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago', 'UTC'])(
    'over a year in %s each local day has exactly one nightly run, whatever the hour',
    (zone) => {
      const day = new Intl.DateTimeFormat('en-CA', { timeZone: zone })
      for (const schedule of ['0 0 * * *', '30 0 * * *', '0 2 * * *', '30 2 * * *', '15 3 * * *']) {
        const days = dueBetween(schedule, zone, at('2026-01-01T12:00:00Z'), at('2027-01-01T12:00:00Z')).map((time) => day.format(time))
        expect([schedule, new Set(days).size, days.length]).toEqual([schedule, 365, 365])
      }
    },
  )

  test('hourly runs are an hour apart in both directions', () => {
    for (const start of ['2026-03-28T22:00:00Z', '2026-10-24T22:00:00Z']) {
      const times = dueBetween('0 * * * *', 'Europe/Berlin', at(start), at(start) + DAY_MS / 3)
      expect(times).toHaveLength(8)
      expect(new Set(times.slice(1).map((time, i) => time - times[i]!))).toEqual(new Set([3_600_000]))
    }
  })
})

test('a schedule that cannot be meant is told in words', () => {
  expect(scheduleProblem('0 2 * * *', 'Europe/Berlin')).toBeNull()
  expect(scheduleProblem('0 25 * * *', 'UTC')).toContain('“0 25 * * *” in UTC is not valid')
  expect(scheduleProblem('every day', 'UTC')).toContain('“every day”')
  expect(scheduleProblem('0 2 * * *', 'Mars/Olympus')).toContain('Mars/Olympus')
  expect(scheduleProblem('0 2 30 2 *', 'UTC')).toContain('never comes due')
})
