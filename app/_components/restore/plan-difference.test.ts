import { expect, test } from 'vitest'
import type { RestoreLine, RestorePlan } from '#lib/contracts/archive.ts'
import { planDifferences } from './plan-difference.ts'

const line = (targetPath: string, more: Partial<RestoreLine> = {}): RestoreLine => ({
  path: targetPath.slice(1),
  targetPath,
  type: 'file',
  action: 'overwrite',
  reason: 'its content differs',
  sizeBytes: 10,
  liveBytes: 12,
  liveModifiedAt: '2026-11-24T15:00:00.000Z',
  ...more,
})
const plan = (...lines: RestoreLine[]) => ({ lines }) as RestorePlan

test('what was rewritten, what would be replaced now and what would not any more are each named', () => {
  const reviewed = plan(
    line('/state'),
    line('/gone'),
    line('/same'),
    line('/new', { action: 'create', liveBytes: null, liveModifiedAt: null }),
  )
  const fresh = plan(line('/state', { liveBytes: 14, liveModifiedAt: '2026-11-24T16:07:00.000Z' }), line('/same'), line('/new'))
  expect(planDifferences(reviewed, fresh)).toEqual([
    { targetPath: '/state', what: 'was written at 24 Nov 16:07, 12 B then, 14 B now' },
    { targetPath: '/new', what: 'would be replaced now: its content differs' },
    { targetPath: '/gone', what: 'is not replaced any more' },
  ])
})

test('extras, folders and what only comes back are no differences', () => {
  const extra = line('/extra', { action: 'extra' })
  const lost = line('/lost', { action: 'create', liveBytes: null, liveModifiedAt: null })
  expect(planDifferences(plan(line('/a')), plan(line('/a'), extra, lost))).toEqual([])
})
