import { expect, test } from 'vitest'
import { type RungFacts, rungLook } from './rung-look.ts'

const NOW = Date.parse('2026-11-23T12:00:00Z')
const rung = (level: number, more: Partial<RungFacts> = {}): RungFacts => ({
  level,
  passed: true,
  checkedAt: '2026-11-21T02:00:00.000Z',
  durationMs: 1000,
  expiresAt: '2026-12-21T02:00:00.000Z',
  findings: [],
  ...more,
})

test('each rung says until when it counts, or what would raise it', () => {
  expect(rungLook(3, [rung(3)], NOW)).toEqual({ state: 'proven', word: 'Proven', advice: 'Expires 21 Dec 02:00.', raise: null })
  expect(rungLook(4, [rung(3)], NOW)).toMatchObject({ state: 'open', advice: 'Run verify at level config.', raise: 'config' })
  expect(rungLook(5, [], NOW)).toMatchObject({ word: 'Not run', advice: 'Needs a drill.', raise: 'drill' })
})

test('a proof that lapses within a week is ageing and says so; a lapsed one, too', () => {
  const soon = rung(3, { expiresAt: '2026-11-29T02:00:00.000Z' })
  expect(rungLook(3, [soon], NOW)).toMatchObject({
    state: 'ageing',
    word: 'Ageing',
    advice: 'Expires 29 Nov 02:00; verify again.',
    raise: 'content',
  })
  const over = rung(5, { expiresAt: '2026-11-20T02:00:00.000Z' })
  expect(rungLook(5, [over], NOW)).toMatchObject({
    state: 'lapsed',
    word: 'Ageing',
    advice: 'Lapsed 20 Nov 02:00; drill again.',
    raise: 'drill',
  })
})

test('a rung that passed does not stand when a lower one failed since', () => {
  const bytes = rung(1, { passed: false, checkedAt: '2026-11-22T02:00:00.000Z' })
  expect(rungLook(4, [bytes, rung(4)], NOW)).toMatchObject({ state: 'undone', word: 'L1 failed since' })
  expect(rungLook(1, [bytes, rung(4)], NOW)).toMatchObject({ state: 'failed', raise: 'bytes' })
})
