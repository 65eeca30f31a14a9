import { expect, test } from 'vitest'
import type { ArchiveSummary, Rung } from '#lib/contracts/archive.ts'
import type { DrillReport } from '#lib/contracts/drill.ts'
import { type GapFacts, gapsOf } from './gaps.ts'
import { verdictOf } from './verdict.ts'

const NOW = Date.parse('2026-11-23T16:00:00Z')
const archive = (more: Partial<ArchiveSummary & { rungs: Rung[] }> = {}): ArchiveSummary & { rungs: Rung[] } => ({
  id: 'arc_111111111111111111111111',
  workspaceId: 'ws_1111111111111111',
  workspace: 'prod',
  seriesNumber: 1,
  createdAt: '2026-11-23T02:00:00.000Z',
  durationMs: 1,
  kind: 'backup',
  files: 1,
  contentBytes: 1,
  storedBytes: 1,
  grade: 4,
  gradedAt: '2026-11-23T03:00:00.000Z',
  gradeExpiresAt: '2026-12-23T03:00:00.000Z',
  suspect: false,
  hold: null,
  note: null,
  warnings: 0,
  items: [],
  changes: null,
  rungs: [],
  ...more,
})
const drill = (verdict: DrillReport['verdict'], finishedAt: string) =>
  ({ verdict, finishedAt, archiveId: 'arc_111111111111111111111111' }) as const
const recent = drill('passed', '2026-11-01T04:00:00.000Z')
const gaps = (facts: Partial<GapFacts>) => {
  const newest = archive()
  return gapsOf({ newest, lastGood: newest, drills: [recent], days: [], ...facts }, NOW)
}
const codes = (facts: Partial<GapFacts>) => gaps(facts).map(({ code }) => code)

test('the verdict says to when one can restore and how old the proof is, from the newest known good archive', () => {
  const good = archive({ id: 'arc_222222222222222222222222', createdAt: '2026-11-22T02:00:00.000Z' })
  expect(verdictOf({ newest: archive(), lastGood: archive() }, NOW)).toBe(
    'You can restore to 23 Nov 02:00. Verified 23 Nov 03:00, 13 h ago, reached L4; the proof lapses on 23 Dec 03:00.',
  )
  expect(verdictOf({ newest: archive({ grade: 0 }), lastGood: good }, NOW)).toMatch(
    /^The newest archive failed verification\. You can restore to 22 Nov 02:00\./,
  )
  expect(verdictOf({ newest: archive({ suspect: true }), lastGood: good }, NOW)).toMatch(/^The newest archive is suspect\./)
  expect(verdictOf({ newest: archive({ grade: 2 }), lastGood: good }, NOW)).toMatch(/^The newest archive reached only L2\./)
  expect(verdictOf({ newest: archive({ grade: null }), lastGood: null }, NOW)).toBe('No archive is proven to be restorable.')
  expect(verdictOf({ newest: null, lastGood: null }, NOW)).toContain('Nothing here can be restored yet.')
})

test('each thing that the evidence lacks is a gap, and nothing else is', () => {
  expect(codes({})).toEqual([])
  expect(codes({ newest: null, lastGood: null })).toEqual(['no-archive'])
  expect(codes({ drills: [] })).toEqual(['no-drill'])
  expect(codes({ drills: [drill('passed', '2026-09-01T04:00:00.000Z')] })).toEqual(['no-drill'])
  expect(codes({ drills: [drill('archive-bad', '2026-11-20T04:00:00.000Z'), recent] })).toEqual(['drill-failed'])
  expect(codes({ lastGood: archive({ gradeExpiresAt: '2026-11-28T00:00:00.000Z' }) })).toEqual(['lapsing'])
})

test('a drill that could not be carried out is a gap that says nothing about the archive', () => {
  expect(gaps({ drills: [drill('environment-broke', '2026-11-20T04:00:00.000Z'), recent] })).toMatchObject([
    { code: 'drill-failed', message: expect.stringContaining('This says nothing about the archive.') },
  ])
})

test('an archive that failed says at which rung and why', () => {
  const finding = { severity: 'error' as const, code: 'state_torn', path: 'state.json', message: 'state.json ends in the middle.' }
  const rung: Rung = { level: 3, passed: false, checkedAt: '2026-11-23T03:00:00.000Z', durationMs: 1, expiresAt: null, findings: [finding] }
  const [gap] = gaps({ newest: archive({ id: 'arc_333333333333333333333333', grade: 2, rungs: [rung] }) })
  expect(gap!.message).toBe('The newest archive (23 Nov 02:00) stopped at L3: state.json ends in the middle.')
})
