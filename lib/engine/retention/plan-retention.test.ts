import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ArchiveFacts } from './archive-facts.ts'
import { planRetention, type RetentionPlan } from './plan-retention.ts'
import { DEFAULT_POLICY, type RetentionPolicy } from './policy.ts'
import { simulateForward } from './simulate-forward.ts'
import { archiveAt, idOf, only } from './testing.ts'
import { AHEAD_MS } from './vetoes.ts'

const DAY_MS = 86_400_000
const NOW = Date.parse('2026-11-24T16:08:00Z')

function plan(archives: ArchiveFacts[], policy: RetentionPolicy = DEFAULT_POLICY, more: { timeZone?: string; nowMs?: number } = {}) {
  return planRetention({ workspaceId: 'ws_1', archives, policy, timeZone: 'UTC', nowMs: NOW, ...more })
}
const reasonsOf = (result: RetentionPlan, n: number) => result.archives.find(({ archiveId }) => archiveId === idOf(n))!.reasons
/** Numbers of the kept archives, in the order given. */
const keptOf = (result: RetentionPlan) =>
  result.archives.filter(({ keep }) => keep).map(({ archiveId }) => Number.parseInt(archiveId.slice(4), 16))

describe('windows', () => {
  test('each archive says by which windows it stays, or why it goes', () => {
    const result = plan(
      [
        archiveAt(1, '2026-11-24T02:00:00Z'),
        archiveAt(2, '2026-11-23T14:00:00Z'),
        archiveAt(3, '2026-11-23T02:00:00Z'),
        archiveAt(4, '2026-11-22T02:00:00Z'),
        archiveAt(5, '2026-10-31T02:00:00Z'),
        archiveAt(6, '2026-10-30T02:00:00Z'),
        archiveAt(7, '2026-10-01T02:00:00Z'),
        archiveAt(8, '2026-08-14T02:00:00Z'),
        archiveAt(9, '2025-11-30T02:00:00Z'),
        archiveAt(10, '2025-11-24T02:00:00Z'),
      ],
      { ...DEFAULT_POLICY, dailyDays: 14 },
    )
    expect(Object.fromEntries(result.archives.map(({ archiveId, keep, reasons }) => [archiveId.slice(-1), [keep, ...reasons]]))).toEqual({
      1: [true, 'newest', 'daily 1 of 14', 'weekly 1 of 12', 'monthly 1 of 12'],
      2: [true, 'daily 2 of 14'],
      3: [false, 'another stands for its day, week and month'],
      4: [true, 'daily 3 of 14', 'weekly 2 of 12'],
      5: [true, 'weekly 5 of 12', 'monthly 2 of 12'],
      6: [false, 'day 26, daily keeps 14', 'another stands for its week and month'],
      7: [true, 'weekly 9 of 12'],
      8: [true, 'monthly 4 of 12'],
      9: [true, 'monthly 12 of 12'],
      a: [false, 'day 366, daily keeps 14', 'week 53, weekly keeps 12', 'month 13, monthly keeps 12'],
    })
    expect(result).toMatchObject({ keepCount: 7, forgetCount: 3, needsConfirmation: false, anchorId: idOf(1) })
  })

  test('an ISO week starts on Monday, also over a new year', () => {
    const week = [archiveAt(1, '2027-01-03T12:00:00Z'), archiveAt(2, '2026-12-28T12:00:00Z'), archiveAt(3, '2026-12-27T12:00:00Z')]
    expect(keptOf(plan(week, only({ weeklyWeeks: 4 }), { nowMs: Date.parse('2027-01-03T13:00:00Z') }))).toEqual([1, 3])
  })

  test('the policy’s time zone says what a day is', () => {
    const evening = [archiveAt(1, '2026-11-24T05:30:00Z'), archiveAt(2, '2026-11-24T04:30:00Z'), archiveAt(3, '2026-11-23T20:00:00Z')]
    expect(keptOf(plan(evening, only({ dailyDays: 3 })))).toEqual([1, 3])
    expect(keptOf(plan(evening, only({ dailyDays: 3 }), { timeZone: 'America/New_York' }))).toEqual([1, 2])
  })

  test.each([
    // Clocks went back on 25 October: the day had 25 hours, and 24 h before 00:30 is still the day before.
    ['an autumn day of 25 hours', 'Europe/Berlin', '2026-10-26T01:00:00+01:00', '2026-10-25T01:00:01+02:00', '2026-10-25T00:59:59+02:00'],
    ['a spring day of 23 hours', 'Europe/Berlin', '2026-03-30T01:00:00+02:00', '2026-03-29T01:00:01+01:00', '2026-03-29T00:59:59+01:00'],
    ['a wall time that is skipped', 'Europe/Berlin', '2026-03-30T02:30:00+02:00', '2026-03-29T03:30:01+02:00', '2026-03-29T03:29:59+02:00'],
    [
      'a wall time that comes twice',
      'Europe/Berlin',
      '2026-10-26T02:30:00+01:00',
      '2026-10-25T02:30:01+02:00',
      '2026-10-25T02:29:59+02:00',
    ],
  ])('a window of days is cut at the anchor’s wall time: %s', (_, timeZone, anchor, inside, outside) => {
    const days = only({ dailyDays: 1 })
    expect(keptOf(plan([archiveAt(1, anchor), archiveAt(2, inside)], days, { timeZone, nowMs: Date.parse(anchor) }))).toEqual([1, 2])
    expect(keptOf(plan([archiveAt(1, anchor), archiveAt(2, outside)], days, { timeZone, nowMs: Date.parse(anchor) }))).toEqual([1])
  })

  test('a date that does not exist moves on: a year before 29 February is 1 March', () => {
    const leap = [archiveAt(1, '2028-02-29T12:00:00Z'), archiveAt(2, '2027-03-01T12:00:01Z'), archiveAt(3, '2027-02-28T23:00:00Z')]
    expect(keptOf(plan(leap, only({ yearlyYears: 1 }), { nowMs: Date.parse('2028-02-29T13:00:00Z') }))).toEqual([1, 2])
    expect(keptOf(plan(leap, only({ monthlyMonths: 12 }), { nowMs: Date.parse('2028-02-29T13:00:00Z') }))).toEqual([1, 2])
  })

  test('a bad archive stands for a period only when no other does', () => {
    const day = [archiveAt(1, NOW), archiveAt(2, NOW - DAY_MS, { suspect: true }), archiveAt(3, NOW - DAY_MS - 60_000)]
    expect(keptOf(plan(day, only({ dailyDays: 3 })))).toEqual([1, 3])
    expect(keptOf(plan([day[0]!, day[1]!], only({ dailyDays: 3 })))).toEqual([1, 2])
    const failed = [archiveAt(1, NOW), archiveAt(2, NOW - DAY_MS, { grade: 0 }), archiveAt(3, NOW - DAY_MS - 60_000, { grade: 1 })]
    expect(keptOf(plan(failed, only({ dailyDays: 3 })))).toEqual([1, 3])
  })

  test('kinds and notes are kept by name; what stands outside the windows by its days', () => {
    const archives = [
      archiveAt(1, NOW),
      archiveAt(2, NOW - 400 * DAY_MS, { kind: 'import' }),
      archiveAt(3, NOW - 401 * DAY_MS, { note: 'Before the Migration to v3' }),
      archiveAt(4, NOW - 402 * DAY_MS),
      archiveAt(5, NOW - 3 * DAY_MS, { kind: 'safety' }),
      archiveAt(6, NOW - 60 * DAY_MS, { kind: 'safety' }),
      archiveAt(7, NOW - 60 * DAY_MS, { kind: 'offload', released: true }),
    ]
    const result = plan(archives, { ...DEFAULT_POLICY, keepKinds: ['import'], keepNotes: ['migration'] })
    expect(keptOf(result)).toEqual([1, 5, 2, 3])
    expect(reasonsOf(result, 2)).toEqual(['every import stays'])
    expect(reasonsOf(result, 3)).toEqual(['note holds “migration”'])
    expect(reasonsOf(result, 5)).toEqual(['safety, day 4 of 30'])
    expect(reasonsOf(result, 6)).toEqual(['safety, day 61 of 30'])
  })
})

describe('clocks', () => {
  const history = Array.from({ length: 60 }, (_, i) => archiveAt(i + 1, NOW - i * DAY_MS))

  test('windows are anchored at the newest archive: a dead host does not age out its history', () => {
    expect(keptOf(plan(history, DEFAULT_POLICY, { nowMs: NOW + 3650 * DAY_MS }))).toEqual(keptOf(plan(history)))
  })

  test('an archive of the next hours is kept, but never the anchor', () => {
    const ahead = archiveAt(99, NOW + AHEAD_MS)
    const result = plan([ahead, ...history])
    expect(keptOf(result)).toEqual([99, ...keptOf(plan(history))])
    expect(reasonsOf(result, 99)).toEqual(['dated ahead of the clock'])
  })

  test('one dated more than a day ahead makes retention rest until it is accepted', () => {
    const ahead = archiveAt(99, NOW + AHEAD_MS + 1)
    const rests = plan([ahead, ...history])
    expect(rests).toMatchObject({ forgetCount: 0, anchorId: idOf(1), rests: [{ code: 'clock-suspect', archiveId: idOf(99) }] })
    expect(reasonsOf(rests, 60)).toEqual([`retention rests until ${idOf(99)} is accepted`])
    const accepted = plan([{ ...ahead, accepted: true }, ...history])
    expect(accepted.rests).toEqual([])
    expect(keptOf(accepted)).toEqual([99, ...keptOf(plan(history))])
  })

  test('a clock set back a year finds every archive ahead, and lets nothing go', () => {
    expect(plan(history, DEFAULT_POLICY, { nowMs: NOW - 365 * DAY_MS })).toMatchObject({ forgetCount: 0, anchorId: null })
  })
})

describe('vetoes', () => {
  const old = NOW - 500 * DAY_MS
  test.each<[string, Partial<ArchiveFacts>, string]>([
    ['a hold', { hold: { actor: 'Mara', reason: 'audit', until: null } }, 'held by Mara: audit'],
    [
      'a hold with an end',
      { hold: { actor: 'Mara', reason: 'audit', until: '2027-01-31T00:00:00.000Z' } },
      'held by Mara until 2027-01-31: audit',
    ],
    ['the last known good', { grade: 3 }, 'last known good'],
    ['a safety archive within undo', { kind: 'safety', neededBy: 'undo until 2026-12-01' }, 'safety, undo until 2026-12-01'],
    ['an offload archive', { kind: 'offload' }, 'offload, not released'],
  ])('%s stays whatever the policy', (_, facts, reason) => {
    const result = plan([archiveAt(1, NOW), archiveAt(2, NOW - 400 * DAY_MS), archiveAt(3, old, facts)])
    expect(keptOf(result)).toEqual([1, 3])
    expect(reasonsOf(result, 3)).toContain(reason)
  })

  test('where every proof has lapsed, the newest that had one is the last known good', () => {
    const lapsed = { grade: null, knownGoodUntilMs: NOW - DAY_MS }
    const archives = [archiveAt(1, NOW), archiveAt(2, NOW - 400 * DAY_MS, lapsed), archiveAt(3, NOW - 450 * DAY_MS, lapsed)]
    expect(keptOf(plan(archives))).toEqual([1, 2])
    expect(keptOf(plan([...archives, archiveAt(4, NOW - 500 * DAY_MS, { grade: 3 })]))).toEqual([1, 4])
  })

  test('a suspect newest archive makes retention rest until it is accepted', () => {
    const archives = [archiveAt(1, NOW, { suspect: true }), archiveAt(2, NOW - 400 * DAY_MS)]
    const result = plan(archives)
    expect(result).toMatchObject({ forgetCount: 0, rests: [{ code: 'suspect-newest', archiveId: idOf(1) }] })
    expect(reasonsOf(result, 1)[0]).toBe('suspect, newest')
    expect(plan([{ ...archives[0]!, suspect: false, accepted: true }, archives[1]!]).forgetCount).toBe(1)
  })

  test('no policy forgets all: the newest and the last known good stay', () => {
    const archives = Array.from({ length: 40 }, (_, i) => archiveAt(i + 1, NOW - i * 60_000, { grade: i === 7 ? 4 : 1 }))
    const result = plan(archives, only({ keepLast: 1 }))
    expect(keptOf(result)).toEqual([1, 8])
    expect(result.needsConfirmation).toBe(true)
  })
})

describe('policies that cannot be meant', () => {
  test.each<[string, Partial<RetentionPolicy>, RegExp]>([
    ['empty', { dailyDays: 0, weeklyWeeks: 0, monthlyMonths: 0 }, /keeps nothing/],
    ['negative', { dailyDays: -1 }, /dailyDays is -1/],
    ['a fraction', { weeklyWeeks: 1.5 }, /weeklyWeeks is 1.5/],
    ['no number', { keepLast: Number.NaN }, /keepLast is NaN/],
    ['absurd', { yearlyYears: 1e9 }, /yearlyYears/],
  ])('%s is refused by name', (_, more, message) => {
    expect(() => plan([], { ...DEFAULT_POLICY, ...more })).toThrow(message)
  })
  test('so is a zone that does not exist', () => {
    expect(() => plan([], DEFAULT_POLICY, { timeZone: 'Mars/Olympus' })).toThrow(/no time zone Mars/)
  })
})

const facts = fc
  .record({
    minutes: fc.integer({ min: -3000, max: 900_000 }),
    kind: fc.constantFrom(
      'backup' as const,
      'backup' as const,
      'backup' as const,
      'import' as const,
      'safety' as const,
      'offload' as const,
    ),
    grade: fc.option(fc.integer({ min: 0, max: 5 }), { nil: null }),
    suspect: fc.boolean(),
    isHeld: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    isOpen: fc.boolean(),
  })
  .map(
    ({ minutes, kind, grade, suspect, isHeld, isOpen }) =>
      (n: number) =>
        archiveAt(n, NOW - minutes * 60_000, {
          kind,
          grade,
          suspect: suspect && n % 5 === 0,
          hold: isHeld ? { actor: 'Mara', reason: 'audit', until: null } : null,
          neededBy: kind === 'safety' && isOpen ? 'undo until 2026-12-01' : null,
          released: kind === 'offload' && isOpen,
        }),
  )
const histories = fc.array(facts, { maxLength: 120 }).map((makers) => makers.map((make, i) => make(i + 1)))
const policies = fc
  .record({
    keepLast: fc.integer({ min: 0, max: 5 }),
    dailyDays: fc.integer({ min: 0, max: 40 }),
    weeklyWeeks: fc.integer({ min: 0, max: 20 }),
    monthlyMonths: fc.integer({ min: 0, max: 20 }),
    yearlyYears: fc.integer({ min: 0, max: 3 }),
    otherDays: fc.integer({ min: 0, max: 60 }),
  })
  .map((numbers): RetentionPolicy => ({ ...numbers, dailyDays: numbers.dailyDays + 1, keepKinds: [], keepNotes: [] }))
const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe')

describe('whatever the history', () => {
  test('a plan that was carried out lets nothing more go, and does not depend on the order of its input', () => {
    fc.assert(
      fc.property(histories, policies, zones, (archives, policy, timeZone) => {
        const first = plan(archives, policy, { timeZone })
        const kept = new Set(first.archives.filter(({ keep }) => keep).map(({ archiveId }) => archiveId))
        const again = plan(
          archives.filter(({ id }) => kept.has(id)),
          policy,
          { timeZone },
        )
        expect(again.forgetCount).toBe(0)
        expect(plan(archives.toReversed(), policy, { timeZone })).toEqual(first)
      }),
      { numRuns: 150 },
    )
  })

  test('holds, the last known good, open undos and unreleased offloads never go; each line has a reason', () => {
    fc.assert(
      fc.property(histories, policies, zones, (archives, policy, timeZone) => {
        const result = plan(archives, policy, { timeZone })
        const byId = new Map(archives.map((archive) => [archive.id, archive]))
        const whole = archives.filter(({ kind, createdAtMs }) => (kind === 'backup' || kind === 'import') && createdAtMs <= NOW)
        const newest = (of: ArchiveFacts[]) => Math.max(...of.map(({ createdAtMs }) => createdAtMs))
        const good = whole.filter(({ grade, suspect }) => (grade ?? 0) >= 3 && !suspect)
        const goneGood = result.archives.filter(({ keep, archiveId }) => !keep && good.includes(byId.get(archiveId)!))
        for (const { archiveId, keep, reasons } of result.archives) {
          const { hold, neededBy, kind, released, createdAtMs } = byId.get(archiveId)!
          expect(reasons.length).toBeGreaterThan(0)
          if (keep) continue
          expect(hold).toBeNull()
          expect(neededBy).toBeNull()
          expect(kind === 'offload' && !released).toBe(false)
          expect(createdAtMs).toBeLessThan(newest(whole) + 1)
        }
        expect(goneGood.filter(({ createdAtMs }) => createdAtMs === newest(good)).length).toBeLessThan(
          Math.max(1, good.filter(({ createdAtMs }) => createdAtMs === newest(good)).length),
        )
      }),
      { numRuns: 150 },
    )
  })

  test('the digest is about what would be done: another decision or policy is another digest, another reason is not', () => {
    const archives = [archiveAt(1, NOW), archiveAt(2, NOW - 400 * DAY_MS)]
    const { digest } = plan(archives)
    expect(digest).toMatch(/^[0-9a-f]{64}$/)
    const held: ArchiveFacts['hold'] = { actor: 'Mara', reason: 'audit', until: null }
    expect(plan([{ ...archives[0]!, hold: held }, archives[1]!]).digest).toBe(digest)
    expect(plan([archives[0]!, { ...archives[1]!, hold: held }]).digest).not.toBe(digest)
    expect(plan([...archives, archiveAt(3, NOW - 60_000)]).digest).not.toBe(digest)
    expect(plan(archives, { ...DEFAULT_POLICY, dailyDays: 31 }).digest).not.toBe(digest)
  })
})

test('a plan over 10,000 archives takes less than 200 ms of the processor, in a zone with summer time', () => {
  const many = Array.from({ length: 10_000 }, (_, n) => archiveAt(n + 1, NOW - n * 6 * 3_600_000))
  const times = Array.from({ length: 4 }, () => {
    const before = process.threadCpuUsage()
    expect(plan(many, DEFAULT_POLICY, { timeZone: 'Europe/Berlin' }).archives).toHaveLength(10_000)
    const { user, system } = process.threadCpuUsage(before)
    return (user + system) / 1000
  })
  expect(Math.min(...times)).toBeLessThan(200)
})

describe('years', () => {
  test('a year of daily backups settles at what the windows count', () => {
    const weeks = simulateForward(
      { workspaceId: 'ws_1', archives: [archiveAt(1, NOW)], policy: DEFAULT_POLICY, timeZone: 'Europe/Berlin', nowMs: NOW },
      3 * 364,
    )
    const settled = weeks.slice(-52)
    expect(weeks).toHaveLength(3 * 52)
    for (const { archives } of settled) {
      // 30 days, the weeks before them, the months before those; one more where a window's edge cuts a period.
      expect(archives).toBeGreaterThanOrEqual(30 + 7 + 9)
      expect(archives).toBeLessThanOrEqual(31 + 9 + 11)
    }
  })

  test('over two years with clock jumps the daily, weekly and monthly chain never breaks', () => {
    let archives: ArchiveFacts[] = []
    for (let day = 0; day < 730; day++) {
      const nowMs = Date.parse('2026-01-01T02:00:00Z') + day * DAY_MS
      // One night the clock stands a year ahead; it is put right the next morning, and a lead accepts the archive.
      const wrongMs = day === 200 ? nowMs + 365 * DAY_MS : nowMs
      archives.push(archiveAt(day + 1, wrongMs, { accepted: day === 200 }))
      if (day === 200) continue
      const kept = new Set(
        plan(archives, DEFAULT_POLICY, { nowMs })
          .archives.filter(({ keep }) => keep)
          .map(({ archiveId }) => archiveId),
      )
      archives = archives.filter(({ id }) => kept.has(id))
      const days = archives.filter(({ createdAtMs }) => createdAtMs > nowMs - 30 * DAY_MS && createdAtMs <= nowMs)
      expect(days.length).toBeGreaterThanOrEqual(Math.min(day, 29))
      const oldest = Math.min(...archives.map(({ createdAtMs }) => createdAtMs))
      // The newest of a month stands for it, so that history reaches back to within a month of where it could.
      expect((nowMs - oldest) / DAY_MS).toBeGreaterThanOrEqual(Math.min(day - 31, 330))
    }
  })
})
