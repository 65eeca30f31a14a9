import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { getJob } from '#db/console/tables/jobs.ts'
import { listWorkspaces } from '#db/console/tables/workspaces.ts'
import { systemClock } from '#lib/base/clock.ts'
import type { Role } from '#lib/contracts/rights.ts'
import { type ConsoleOf, consoleOf } from '#test/builders/console-of.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'
import { until } from '#test/builders/until.ts'
import { record } from '../audit/record.ts'
import type { ServiceContext } from '../context.ts'
import { hostTasks } from './host-tasks.ts'
import { setPruneSchedule, showPruneSchedule } from './prune-schedule.ts'
import { startDuePrune } from './start-due-prune.ts'
import { setSchedule } from './workspace-schedule.ts'

let bench: Bench
let home: ConsoleOf
let nowMs: number
const DAY_MS = 86_400_000

function setNow(at: string | number): void {
  nowMs = typeof at === 'number' ? at : Date.parse(at)
  vi.stubEnv('ORCHIVE_NOW', new Date(nowMs).toISOString())
}

const as = (role: Role, name: string): ServiceContext =>
  Object.create(home.ctx, { actor: { value: { id: null, name, role, via: 'console' } } })
const scheduler = () => as('operator', 'schedule')
/** A day on which something was done, as it is by any schedule. */
const livedDay = () => record(home.ctx, 'test.day', { kind: 'test', id: null })

beforeAll(async () => {
  vi.stubEnv('ORCHIVE_TEST', '1')
  setNow('2026-03-01T12:00:00Z')
  bench = await makeBench({ isQuick: true, packs: 1, logs: 1 })
  home = consoleOf(bench.home, { ...systemClock, nowMs: () => nowMs })
})
afterAll(() => {
  home.close()
  vi.unstubAllEnvs()
  bench.remove()
})

test('a prune starts once when it comes due, after days that the log vouches for; after a clock that jumped it rests', async () => {
  setPruneSchedule(as('admin', 'Ruth'), { schedule: '30 5 * * 0', timeZone: 'UTC' })
  expect(() => setPruneSchedule(as('lead', 'Mara'), { schedule: null })).toThrow('settings')
  expect(() => setPruneSchedule(as('admin', 'Ruth'), { schedule: '0 0 31 2 *' })).toThrow()
  expect(() => setPruneSchedule(as('admin', 'Ruth'), { timeZone: 'Mars/Olympus' })).toThrow('Mars')
  for (let day = 0; day < 7; day++) {
    livedDay()
    setNow(nowMs + DAY_MS)
  }
  // Sunday, 8 March: due at 05:30.
  setNow('2026-03-08T05:29:00Z')
  expect(await startDuePrune(scheduler())).toBeNull()
  setNow('2026-03-08T05:31:00Z')
  expect(showPruneSchedule(scheduler())).toMatchObject({ nextRunAt: '2026-03-15T05:30:00.000Z', restsBecause: null })
  const jobId = await startDuePrune(scheduler())
  expect(await startDuePrune(scheduler())).toBeNull()
  expect(
    await until('the prune has ended', () =>
      getJob(home.ctx.consoleDb, jobId!)?.status === 'finished' ? getJob(home.ctx.consoleDb, jobId!) : null,
    ),
  ).toMatchObject({ kind: 'prune', outcome: 'success', actor: 'schedule' })

  // The clock is put a year ahead: what lay in the trash for a day would look as if it had lain there for a year.
  setNow('2027-03-07T06:00:00Z')
  expect(await startDuePrune(scheduler())).toBeNull()
  expect(showPruneSchedule(scheduler()).restsBecause).toContain('no line of 2027-02-27 and 2027-02-28')
  const { code, stdout } = await bench.run('prune', '--by-schedule', '--json')
  expect([code, stdout]).toEqual([0, expect.stringContaining('nobody can tell')])
  for (let day = 0; day < 8; day++) {
    livedDay()
    setNow(nowMs + DAY_MS)
  }
  expect(showPruneSchedule(scheduler()).restsBecause).toBeNull()
})

test('a host that runs what is due prunes and proposes by itself, and the console then does not', async () => {
  const [workspace] = listWorkspaces(home.ctx.consoleDb)
  const verbs = hostTasks(home.ctx, workspace!).map(({ argv }) =>
    argv.filter((word) => /^(prune|retention|propose|--by-schedule)$/.test(word)).join(' '),
  )
  expect(verbs).toEqual(expect.arrayContaining(['retention propose', 'prune --by-schedule']))
  setSchedule(as('admin', 'Ruth'), { workspaceId: workspace!.id, runBy: 'host' })
  setNow('2027-03-21T06:00:00Z')
  expect(await startDuePrune(scheduler())).toBeNull()
  setPruneSchedule(as('admin', 'Ruth'), { schedule: null })
  expect(showPruneSchedule(scheduler())).toMatchObject({ nextRunAt: null, restsBecause: null })
  expect(hostTasks(home.ctx, workspace!).map(({ kind }) => kind)).not.toContain('prune')
})
