import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { getJob } from '#db/console/tables/jobs.ts'
import { listWorkspaces, updateWorkspace } from '#db/console/tables/workspaces.ts'
import { systemClock } from '#lib/base/clock.ts'
import type { JobId } from '#lib/base/ids.ts'
import { type ConsoleOf, consoleOf } from '#test/builders/console-of.ts'
import { holdRepository } from '#test/builders/hold-repository.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'
import { until } from '#test/builders/until.ts'
import { startDueBackups } from './start-due-backups.ts'

let bench: Bench
let nowMs: number
const consoles: ConsoleOf[] = []

/** Sets the one clock that the console and the jobs it starts go by. */
function setNow(iso: string): void {
  nowMs = Date.parse(iso)
  vi.stubEnv('ORCHIVE_NOW', iso)
}

/** A console on the home, as if it had just been started. */
function openConsole(): ConsoleOf {
  const opened = consoleOf(bench.home, { ...systemClock, nowMs: () => nowMs })
  consoles.push(opened)
  return opened
}

let home: ConsoleOf
beforeEach(async () => {
  vi.stubEnv('ORCHIVE_TEST', '1')
  setNow('2026-03-10T12:00:00Z')
  bench = await makeBench({ isQuick: true })
  home = openConsole()
  schedule('0 2 * * *')
})
afterEach(() => {
  for (const { close } of consoles.splice(0)) close()
  vi.unstubAllEnvs()
  bench.remove()
})

const workspace = () => listWorkspaces(home.ctx.consoleDb)[0]!
function schedule(cron: string | null, timeZone = 'UTC'): void {
  updateWorkspace(home.ctx.consoleDb, workspace().id, { schedule: cron, timeZone }, new Date(nowMs).toISOString())
}

/** Looks at the schedules once, and waits until what was started has ended. */
async function tick(at: string, on = home): Promise<number> {
  setNow(at)
  const jobs = await startDueBackups(on.ctx)
  for (const id of jobs) expect(await ended(id)).toMatchObject({ outcome: 'success', kind: 'backup' })
  return jobs.length
}

function ended(id: JobId) {
  return until(`${id} is finished`, () => {
    const job = getJob(home.ctx.consoleDb, id)
    return job?.status === 'finished' && job
  })
}

const times = async () =>
  ((await bench.run('archives', '--json')).json as { createdAt: string }[]).map(({ createdAt }) => createdAt).reverse()

test('a backup starts when it comes due, once, and the next one a day later', async () => {
  expect(await tick('2026-03-10T23:59:00Z')).toBe(0)
  expect(await tick('2026-03-11T01:59:59.999Z')).toBe(0)
  expect(await tick('2026-03-11T02:00:00Z')).toBe(1)
  expect(await tick('2026-03-11T02:00:30Z')).toBe(0)
  expect(await tick('2026-03-12T01:59:30Z')).toBe(0)
  expect(await tick('2026-03-12T02:00:10Z')).toBe(1)
  expect(await times()).toEqual(['2026-03-11T02:00:00.000Z', '2026-03-12T02:00:10.000Z'])
})

test('runs that were missed while no console ran are made up for by one', async () => {
  expect(await tick('2026-03-20T09:13:00Z', openConsole())).toBe(1)
  expect(await tick('2026-03-20T09:13:30Z')).toBe(0)
  expect(await tick('2026-03-21T02:00:00Z')).toBe(1)
})

test('a schedule of each minute that nobody looked at for a year starts one backup', async () => {
  schedule('* * * * *')
  expect(await tick('2027-03-20T09:13:00Z')).toBe(1)
  expect(await tick('2027-03-20T09:13:30Z')).toBe(0)
})

test('a backup that a person took after the run was due is that run', async () => {
  setNow('2026-03-11T02:05:00Z')
  expect((await bench.run('backup')).code).toBe(0)
  expect(await tick('2026-03-11T02:06:00Z')).toBe(0)
  expect(await tick('2026-03-12T02:00:00Z')).toBe(1)
})

test('of two consoles on one home only one starts the backup', async () => {
  const other = openConsole()
  setNow('2026-03-11T02:00:00Z')
  const started = await Promise.all([startDueBackups(home.ctx), startDueBackups(other.ctx)])
  expect(started.flat()).toHaveLength(1)
  await ended(started.flat()[0]!)
})

test('while a backup waits or runs no second one is started, and none is owed when it ends', async () => {
  const lease = await holdRepository(workspace().repositoryPath)
  setNow('2026-03-11T02:00:00Z')
  const [first] = await startDueBackups(home.ctx)
  expect(await tick('2026-03-12T02:00:00Z')).toBe(0)
  expect(await tick('2026-03-13T02:00:00Z')).toBe(0)
  await lease.release()
  expect(await ended(first!)).toMatchObject({ outcome: 'success' })
  expect(await tick('2026-03-13T02:01:00Z')).toBe(0)
  expect(await tick('2026-03-14T02:00:00Z')).toBe(1)
})

test('a schedule counts in its own time zone, over the change of clocks', async () => {
  schedule('30 2 * * *', 'Europe/Berlin')
  // The day of 2026-03-29 has no 02:30 in Berlin: its run comes with the first moment after the gap.
  expect(await tick('2026-03-28T01:30:00Z')).toBe(1)
  expect(await tick('2026-03-29T00:59:59Z')).toBe(0)
  expect(await tick('2026-03-29T01:00:00Z')).toBe(1)
  expect(await tick('2026-03-29T01:30:00Z')).toBe(0)
  expect(await tick('2026-03-30T00:30:00Z')).toBe(1)
  // 2026-10-25 has 02:30 twice.
  expect(await tick('2026-10-25T00:30:00Z')).toBe(1)
  expect(await tick('2026-10-25T01:30:00Z')).toBe(0)
  expect(await tick('2026-10-26T01:30:00Z')).toBe(1)
})

test('a clock that is set back a little makes no run twice', async () => {
  expect(await tick('2026-03-11T02:00:10Z')).toBe(1)
  expect(await tick('2026-03-11T01:58:00Z')).toBe(0)
  expect(await tick('2026-03-11T02:00:10Z')).toBe(0)
  expect(await tick('2026-03-10T22:00:00Z')).toBe(0)
  expect(await tick('2026-03-12T02:00:00Z')).toBe(1)
})

test('a clock that had been years ahead does not end the schedule', async () => {
  expect(await tick('2031-07-01T02:00:10Z')).toBe(1)
  expect(await tick('2026-03-11T01:00:00Z')).toBe(0)
  setNow('2026-03-11T02:00:00Z')
  const [job] = await startDueBackups(home.ctx)
  expect(await ended(job!)).toMatchObject({ outcome: 'warning', findings: [expect.objectContaining({ code: 'clock_backwards' })] })
  expect(await startDueBackups(home.ctx)).toEqual([])
})

test('without a schedule nothing is started', async () => {
  schedule(null)
  expect(await tick('2026-05-01T02:00:00Z')).toBe(0)
})
