import { expect, test } from 'vitest'
import { stampMs, timeOfTar, unwrapped, wrapperOf } from './adopt.ts'

const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())

test.each([
  ['orchestrator-20260501_020000.tar.gz', 'UTC', '2026-05-01T02:00:00.000Z'],
  ['/backup/20260501/orchestrator-20260501_020000.tar.gz', 'Europe/Berlin', '2026-05-01T00:00:00.000Z'],
  ['20260501_020000', 'America/New_York', '2026-05-01T06:00:00.000Z'],
  // The hour that does not exist, and the one that comes twice: the first of the two.
  ['orchestrator-20260329_023000.tar.gz', 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
  ['orchestrator-20261025_023000.tar.gz', 'Europe/Berlin', '2026-10-25T00:30:00.000Z'],
  ['orchestrator-20260230_020000.tar.gz', 'UTC', null],
  ['orchestrator-20260501_250000.tar.gz', 'UTC', null],
  ['backup.tar.gz', 'UTC', null],
])('the time in %s on clocks of %s', (name, timeZone, expected) => {
  expect(iso(stampMs(name, timeZone))).toBe(expected)
})

test('without a stamp the newest file says when, unless it is from after the tar file', () => {
  const fileMs = Date.UTC(2026, 4, 2)
  const of = (names: (string | null)[], newestMs: number | null) => timeOfTar(names, 'UTC', { newestMs, fileMs })
  expect(of(['copy.tar.gz', '20260501_020000'], 1)).toEqual({ createdAtMs: Date.UTC(2026, 4, 1, 2), from: 'name' })
  expect(of(['copy.tar.gz', null], fileMs - 5)).toEqual({ createdAtMs: fileMs - 5, from: 'newest file' })
  expect(of(['copy.tar.gz', null], fileMs + 5)).toEqual({ createdAtMs: fileMs, from: 'tar file' })
  expect(of(['copy.tar.gz', null], null)).toEqual({ createdAtMs: fileMs, from: 'tar file' })
})

test('the folder around everything goes, in both layouts of the stock script and in no other', () => {
  expect(wrapperOf('20260501_020000/orchestrator_config.json')).toBe('20260501_020000')
  expect(wrapperOf('orchestrator-20260501_020000')).toBe('orchestrator-20260501_020000')
  expect(wrapperOf('logs/a.log')).toBeNull()
  expect(unwrapped('20260501_020000/logs/a.log', '20260501_020000')).toBe('logs/a.log')
  expect(unwrapped('20260501_020000', '20260501_020000')).toBe('')
  expect(unwrapped('elsewhere/a.log', '20260501_020000')).toBe('elsewhere/a.log')
})
