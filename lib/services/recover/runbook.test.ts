import { expect, test } from 'vitest'
import { systemClock } from '#lib/base/clock.ts'
import type { RunbookResult } from '#lib/contracts/recover.ts'
import type { ServiceContext } from '../context.ts'
import type { JobReporter } from '../jobs/run-as-job.ts'
import { Runbook } from './runbook.ts'

test('what is done, under way and to come is told as a runbook goes, and at a failure what was not reached', async () => {
  const told: string[] = []
  const soFar = (result: unknown) => told.push((result as RunbookResult).steps.map(({ id, outcome }) => `${id} ${outcome}`).join(', '))
  const runbook = new Runbook({ clock: systemClock } as ServiceContext, { log: () => {}, soFar } as unknown as JobReporter, {
    ...{ runbook: 'state', titles: { look: 'Look', keep: 'Keep', mend: 'Mend', end: 'End' }, ahead: ['look', 'keep', 'mend', 'end'] },
  })
  const going = runbook.run(async () => {
    await runbook.step('look', async () => ({ message: 'seen' }))
    // The next one is not needed this time.
    await runbook.step('mend', () => Promise.reject(new Error('stuck')))
    throw new Error('never')
  })
  await expect(going).rejects.toThrow('stuck')
  expect(told).toEqual([
    'look running, keep planned, mend planned, end planned',
    'look done, keep planned, mend planned, end planned',
    'look done, mend running, end planned',
    'look done, mend failed, end planned',
    'look done, mend failed, end skipped',
  ])
})
