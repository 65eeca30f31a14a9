import { expect, test } from 'vitest'
import type { PlannedArchive, RetentionPlan } from '#lib/contracts/retention.ts'
import { planLanesOf } from './plan-lanes.ts'

const archive = (createdAt: string, keep: boolean, more: Partial<PlannedArchive> = {}): PlannedArchive => ({
  archiveId: `arc_${createdAt.replace(/\D/g, '').padEnd(24, '0')}`,
  createdAt: `${createdAt}:00.000Z`,
  kind: 'backup',
  keep,
  reasons: [],
  slots: [],
  vetoes: [],
  grade: null,
  gradedAt: null,
  held: false,
  contentBytes: 0,
  note: null,
  ...more,
})
const planOf = (archives: PlannedArchive[], timeZone = 'UTC') =>
  ({ archives, timeZone, plannedAt: '2026-11-24T16:00:00.000Z' }) as Partial<RetentionPlan> as RetentionPlan

test('each period tells whether it stays by its lane, by another, or goes', () => {
  const { lanes, others } = planLanesOf(
    planOf([
      archive('2026-11-24T02:00', true, { slots: ['daily', 'weekly'] }),
      archive('2026-11-23T02:00', false),
      archive('2026-11-22T02:00', true, { slots: ['weekly'] }),
      archive('2026-11-10T02:00', true, { vetoes: ['held'], held: true }),
      archive('2026-10-05T02:00', false),
    ]),
  )
  const daily = Object.fromEntries(lanes[0]!.cells.map(({ key, fate }) => [key, fate]))
  expect(daily).toMatchObject({ '2026-11-24': 'stays', '2026-11-23': 'goes', '2026-11-22': 'other', '2026-11-21': 'none' })
  expect(lanes[1]!.cells.map(({ key, fate }) => `${key} ${fate}`)).toEqual(
    expect.arrayContaining(['2026-11-23 stays', '2026-11-16 stays', '2026-11-09 other', '2026-10-05 goes']),
  )
  expect(others.map(({ archive: { vetoes } }) => vetoes)).toEqual([['held']])
})

test('days are those of the policy’s zone, and a plan without archives has empty lanes', () => {
  const { lanes } = planLanesOf(planOf([archive('2026-11-24T03:00', true, { slots: ['daily'] })], 'America/New_York'))
  expect(lanes[0]!.cells.find(({ fate }) => fate === 'stays')?.key).toBe('2026-11-23')
  expect(planLanesOf(planOf([])).lanes[0]!.cells.every(({ fate }) => fate === 'none')).toBe(true)
})
