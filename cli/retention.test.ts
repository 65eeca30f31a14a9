import { afterAll, beforeAll, expect, test } from 'vitest'
import { RetentionPlanSchema } from '#lib/contracts/retention.ts'
import { type Bench, type Finished, makeBench, runOrchive } from '#test/builders/run-orchive.ts'
import { EXIT } from './exit-codes.ts'

let bench: Bench
// One history for all: the tests run in order, and only the last one forgets.
beforeAll(async () => {
  bench = await makeBench({ isQuick: true, packs: 1, logs: 1 })
  for (const day of ['07', '08', '09', '10']) expect((await at(`2026-03-${day}T02:00:00Z`, 'backup')).code).toBe(EXIT.ok)
})
afterAll(() => bench.remove())

/** Runs a verb on a fixed clock. */
const at = (now: string, ...argv: string[]): Promise<Finished> =>
  runOrchive(bench.home, argv, { env: { ORCHIVE_TEST: '1', ORCHIVE_NOW: now } })
const now = (...argv: string[]) => at('2026-03-10T12:00:00Z', ...argv)

test('a plan says of each archive whether it stays and why, and changes nothing', async () => {
  const { code, json } = await now('retention', 'plan', '--daily', '2', '--weekly', '0', '--monthly', '0', '--json')
  expect(code).toBe(EXIT.ok)
  const plan = RetentionPlanSchema.parse(json)
  expect(plan.archives.map(({ keep, reasons }) => [keep, ...reasons])).toEqual([
    [true, 'newest', 'daily 1 of 2'],
    [true, 'daily 2 of 2'],
    [false, 'day 3, daily keeps 2'],
    [false, 'day 4, daily keeps 2'],
  ])
  expect(plan.reclaimBytes).toBeGreaterThanOrEqual(0)
  expect(((await now('archives', '--json')).json as unknown[]).length).toBe(4)
  expect(await now('retention', 'plan', '--daily', '0', '--weekly', '0', '--monthly', '0')).toMatchObject({ code: EXIT.usage })
})

test('where nothing would go there is no proposal, and that is no failure', async () => {
  const { code, json } = await now('retention', 'propose', '--json')
  expect([code, json]).toMatchObject([EXIT.ok, { type: 'result', proposal: null, forgetCount: 0 }])
})

test('a policy is set by field, inherited by field, and refused when it cannot be meant', async () => {
  expect((await now('retention', 'policy', 'set', '--all', '--yearly', '3')).code).toBe(EXIT.ok)
  expect((await now('retention', 'policy', 'set', '--weekly', '8', '--keep-note', 'audit', '--json')).json).toMatchObject({
    policy: { weeklyWeeks: 8, yearlyYears: 3, keepNotes: ['audit'] },
    own: ['weeklyWeeks', 'keepNotes'],
  })
  const { code, stderr } = await now('retention', 'policy', 'set', '--time-zone', 'Mars/Olympus')
  expect([code, stderr]).toEqual([EXIT.usage, expect.stringContaining('no time zone Mars/Olympus')])
  await now('retention', 'policy', 'set', '--weekly', 'inherit', '--keep-note', 'inherit')
  expect((await now('retention', 'policy', 'show', '--json')).json).toMatchObject({ own: [], policy: { weeklyWeeks: 12 } })
})

test('an archive from the future makes retention rest until it is accepted', async () => {
  const draft = ['--daily', '1', '--weekly', '0', '--monthly', '0', '--yearly', '0']
  expect((await at('2027-03-10T02:00:00Z', 'backup')).code).toBe(EXIT.ok)
  const rests = await now('retention', 'propose', '--daily', '30', '--json')
  expect([rests.code, rests.json]).toMatchObject([EXIT.warnings, { proposal: null, rests: [{ code: 'clock-suspect' }] }])
  expect((await now('accept', 'latest', '--reason', 'the clock was wrong')).code).toBe(EXIT.ok)
  expect((await now('retention', 'plan', ...draft, '--json')).json).toMatchObject({ rests: [], forgetCount: 3, keepCount: 2 })
})

test('more than half goes only with --yes; what was applied is applied once', async () => {
  const draft = ['--daily', '1', '--weekly', '0', '--monthly', '0', '--yearly', '0']
  const { proposal } = (await now('retention', 'propose', ...draft, '--json')).json as { proposal: string }
  const unasked = await now('retention', 'apply', proposal)
  expect([unasked.code, unasked.stderr]).toEqual([EXIT.usage, expect.stringContaining('3 of 5 archives, more than half')])
  const applied = await now('retention', 'apply', proposal, '--yes', '--json')
  expect([applied.code, applied.json]).toMatchObject([EXIT.ok, { type: 'result', proposal, policyChanged: true }])
  expect((applied.json as { forgotten: string[] }).forgotten).toHaveLength(3)
  expect(((await now('archives', '--json')).json as unknown[]).length).toBe(2)
  const again = await now('retention', 'apply', proposal, '--yes')
  expect([again.code, again.stderr]).toEqual([EXIT.failed, expect.stringContaining('was applied already')])
})
