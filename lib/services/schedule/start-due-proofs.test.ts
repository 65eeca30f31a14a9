import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { getJob } from '#db/console/tables/jobs.ts'
import { listWorkspaces, updateWorkspace } from '#db/console/tables/workspaces.ts'
import { systemClock } from '#lib/base/clock.ts'
import type { JobId } from '#lib/base/ids.ts'
import { type ConsoleOf, consoleOf } from '#test/builders/console-of.ts'
import { holdRepository } from '#test/builders/hold-repository.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'
import { until } from '#test/builders/until.ts'
import { startBackup } from '../archives/start-backup.ts'
import { showProofSchedule, updateProofSchedule } from './proof-schedule.ts'
import { startDueProofs } from './start-due-proofs.ts'

let bench: Bench
let nowMs: number
const consoles: ConsoleOf[] = []

/** Sets the one clock that the console and the jobs it starts go by. */
function setNow(iso: string): void {
  nowMs = Date.parse(iso)
  vi.stubEnv('ORCHIVE_NOW', iso)
}

function openConsole(): ConsoleOf {
  const opened = consoleOf(bench.home, { ...systemClock, nowMs: () => nowMs })
  consoles.push(opened)
  return opened
}

let home: ConsoleOf
beforeEach(async () => {
  vi.stubEnv('ORCHIVE_TEST', '1')
  setNow('2026-03-10T12:00:00Z')
  bench = await makeBench({ isQuick: true, packs: 3, logs: 1 })
  home = openConsole()
  updateWorkspace(home.ctx.consoleDb, workspace().id, { schedule: null, timeZone: 'UTC' }, new Date(nowMs).toISOString())
})
afterEach(() => {
  for (const { close } of consoles.splice(0)) close()
  vi.unstubAllEnvs()
  bench.remove()
})

const workspace = () => listWorkspaces(home.ctx.consoleDb)[0]!
const ended = (id: JobId) =>
  until(`${id} is finished`, () => {
    const job = getJob(home.ctx.consoleDb, id)
    return job?.status === 'finished' && job
  })

/** Looks at the schedules once, and waits until what was started has ended; tells the kinds. */
async function tick(at: string, on = home): Promise<string[]> {
  setNow(at)
  const kinds: string[] = []
  for (const id of await startDueProofs(on.ctx)) {
    const job = await ended(id)
    expect(job.outcome).toBe('success')
    kinds.push(job.kind)
  }
  return kinds
}

test('archives are verified each night, the newest known good one is drilled each month, and missed runs are made up for by one', async () => {
  await bench.run('backup')
  expect(await tick('2026-03-11T02:59:59Z')).toEqual([])
  expect(await tick('2026-03-11T03:00:00Z')).toEqual(['verify'])
  expect(await tick('2026-03-11T03:00:30Z')).toEqual([])
  expect(showProofSchedule(home.ctx, workspace().id)).toMatchObject({
    nextVerifyAt: '2026-03-12T03:00:00.000Z',
    nextDrillAt: '2026-04-01T04:00:00.000Z',
  })
  expect(await tick('2026-04-07T09:00:00Z', openConsole())).toEqual(['verify', 'drill'])
  expect(await tick('2026-04-07T09:00:30Z')).toEqual([])
  const [archive] = (await bench.run('archives', '--json')).json as { grade: number }[]
  expect(archive).toMatchObject({ grade: 5 })
})

test('of two consoles on one home only one starts a proof', async () => {
  await bench.run('backup')
  const other = openConsole()
  setNow('2026-03-11T03:00:00Z')
  const started = (await Promise.all([startDueProofs(home.ctx), startDueProofs(other.ctx)])).flat()
  expect(started).toHaveLength(1)
  await ended(started[0]!)
})

test('a verify waits for the backup of its workspace, and then takes place', async () => {
  await bench.run('backup')
  const lease = await holdRepository(workspace().repositoryPath)
  setNow('2026-03-11T03:00:00Z')
  const { jobId } = await startBackup(home.ctx, { workspaceId: workspace().id })
  expect(await startDueProofs(home.ctx)).toEqual([])
  await lease.release()
  await ended(jobId)
  expect(await tick('2026-03-11T03:05:00Z')).toEqual(['verify'])
})

test('without archives nothing is started, and nothing known good is drilled only when there is something', async () => {
  expect(await tick('2026-04-02T05:00:00Z')).toEqual([])
  await bench.run('backup')
  expect(await tick('2026-04-02T05:01:00Z')).toEqual(['verify'])
  expect(await tick('2026-04-02T05:02:00Z')).toEqual(['drill'])
})

test('a schedule that is changed starts to count then, and one that cannot be meant is refused', async () => {
  await bench.run('backup')
  setNow('2026-03-20T12:00:00Z')
  const admin = { ...home.ctx, actor: { ...home.ctx.actor, role: 'admin' as const } }
  Object.defineProperty(admin, 'consoleDb', { get: () => home.ctx.consoleDb })
  const saved = updateProofSchedule(admin, { workspaceId: workspace().id, verifySchedule: '0 6 * * *', drillSchedule: null })
  expect(saved).toMatchObject({ nextVerifyAt: '2026-03-21T06:00:00.000Z', nextDrillAt: null, verifyBudgetMinutes: 10 })
  expect(await tick('2026-03-20T12:00:30Z')).toEqual([])
  expect(await tick('2026-03-21T06:00:00Z')).toEqual(['verify'])
  expect(() => updateProofSchedule(admin, { workspaceId: workspace().id, drillSchedule: 'now and then' })).toThrow('not valid')
  expect(() => updateProofSchedule(home.ctx, { workspaceId: workspace().id, drillSchedule: null })).toThrow('right')
})
