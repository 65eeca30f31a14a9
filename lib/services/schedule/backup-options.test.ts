import { chmodSync, renameSync } from 'node:fs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { getJob } from '#db/console/tables/jobs.ts'
import { listWorkspaces } from '#db/console/tables/workspaces.ts'
import { systemClock } from '#lib/base/clock.ts'
import type { JobId } from '#lib/base/ids.ts'
import type { SetScheduleInput } from '#lib/contracts/schedule.ts'
import { type ConsoleOf, consoleOf } from '#test/builders/console-of.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'
import { until } from '#test/builders/until.ts'
import type { ServiceContext } from '../context.ts'
import { setFloor } from '../disk/free-floor.ts'
import { jitterMs } from './jitter.ts'
import { runStateOf } from './overdue.ts'
import { startDueBackups } from './start-due-backups.ts'
import { previewSchedule, setSchedule, showSchedule } from './workspace-schedule.ts'

let bench: Bench
let nowMs: number
let home: ConsoleOf
let admin: ServiceContext

/** Sets the one clock that the console and the jobs it starts go by. */
function setNow(iso: string): void {
  nowMs = Date.parse(iso)
  vi.stubEnv('ORCHIVE_NOW', iso)
}

beforeEach(async () => {
  vi.stubEnv('ORCHIVE_TEST', '1')
  setNow('2026-03-10T12:00:00Z')
  bench = await makeBench({ isQuick: true, packs: 3, logs: 1 })
  home = consoleOf(bench.home, { ...systemClock, nowMs: () => nowMs })
  admin = Object.create(home.ctx, { actor: { value: { ...home.ctx.actor, role: 'admin' } } }) as ServiceContext
  set({ timeZone: 'UTC', schedule: '0 2 * * *' })
})
afterEach(() => {
  home.close()
  vi.unstubAllEnvs()
  bench.remove()
})

const workspace = () => listWorkspaces(home.ctx.consoleDb)[0]!
const set = (change: Omit<SetScheduleInput, 'workspaceId'>) => setSchedule(admin, { workspaceId: workspace().id, ...change })
const ended = (id: JobId) =>
  until(`${id} is finished`, () => {
    const job = getJob(home.ctx.consoleDb, id)
    return job?.status === 'finished' && job
  })

/** Looks at the schedules once, and waits until what was started has ended; tells how. */
async function tick(at: string): Promise<(string | null)[]> {
  setNow(at)
  const ids = await startDueBackups(home.ctx)
  const jobs = await Promise.all(ids.map(ended))
  return jobs.map(({ outcome }) => outcome)
}

test('a scheduled backup that failed is tried again after 5, then 15 minutes, and no more often than was chosen', async () => {
  set({ retries: 2 })
  const { configPath } = bench.workspace
  renameSync(configPath, `${configPath}.away`)
  expect(await tick('2026-03-11T02:00:00Z')).toEqual(['failure'])
  // The next look finds that it failed; the wait counts from then.
  expect(await tick('2026-03-11T02:00:30Z')).toEqual([])
  expect(showSchedule(home.ctx, workspace().id)).toMatchObject({ retryAt: '2026-03-11T02:05:30.000Z' })
  expect(await tick('2026-03-11T02:05:29Z')).toEqual([])
  expect(await tick('2026-03-11T02:05:30Z')).toEqual(['failure'])
  expect(await tick('2026-03-11T02:06:00Z')).toEqual([])
  expect(await tick('2026-03-11T02:20:59Z')).toEqual([])
  expect(await tick('2026-03-11T02:21:00Z')).toEqual(['failure'])
  expect(await tick('2026-03-11T02:21:30Z')).toEqual([])
  expect(await tick('2026-03-11T12:00:00Z')).toEqual([])
  expect(showSchedule(home.ctx, workspace().id)).toMatchObject({ retryAt: null, overdueSince: '2026-03-11T02:00:00.000Z' })
  renameSync(`${configPath}.away`, configPath)
  expect(await tick('2026-03-12T02:00:00Z')).toEqual(['success'])
  expect(await tick('2026-03-12T02:00:30Z')).toEqual([])
  expect(showSchedule(home.ctx, workspace().id)).toMatchObject({ retryAt: null, overdueSince: null })
})

test('with nothing changed no archive is taken, which is no missed run either; a change is archived, and so is it by hand', async () => {
  set({ skipUnchanged: true })
  const archives = async () => ((await bench.run('archives', '--json')).json as unknown[]).length
  expect(await tick('2026-03-11T02:00:00Z')).toEqual(['success'])
  expect(await tick('2026-03-12T02:00:00Z')).toEqual(['success'])
  expect(await archives()).toBe(1)
  setNow('2026-03-12T03:00:00Z')
  expect(runStateOf(home.ctx, workspace())).toEqual({ nextRunAt: '2026-03-13T02:00:00.000Z', overdueSince: null })
  const skipping = async () => (await bench.run('backup', '--skip-unchanged', '--json')).events.at(-1)
  expect(await skipping()).toMatchObject({ type: 'result', isUnchanged: true, storedBytes: 0 })
  chmodSync(bench.workspace.statePath, 0o640)
  expect(await skipping()).toMatchObject({ type: 'result', isUnchanged: false })
  setNow('2026-03-12T04:00:00Z')
  expect((await bench.run('backup')).code).toBe(0)
  expect(await archives()).toBe(3)
})

test('a run starts its workspace’s own while after it is due, and is overdue half an hour after that', async () => {
  set({ jitterMinutes: 60 })
  const offsetMs = jitterMs(workspace().id, 60)
  const at = (ms: number) => new Date(Date.parse('2026-03-11T02:00:00Z') + offsetMs + ms).toISOString()
  expect(offsetMs).toBeLessThan(3_600_000)
  expect(showSchedule(home.ctx, workspace().id).nextRunAt).toBe(at(0))
  expect(await tick(at(-1))).toEqual([])
  setNow(at(30 * 60_000))
  expect(runStateOf(home.ctx, workspace()).overdueSince).toBeNull()
  setNow(at(30 * 60_000 + 1))
  expect(runStateOf(home.ctx, workspace()).overdueSince).toBe('2026-03-11T02:00:00.000Z')
  expect(await tick(at(31 * 60_000))).toEqual(['success'])
  expect(runStateOf(home.ctx, workspace()).overdueSince).toBeNull()
})

test('what the host runs the console does not start, and still calls overdue', async () => {
  set({ runBy: 'host' })
  expect(await tick('2026-03-11T03:00:00Z')).toEqual([])
  expect(runStateOf(home.ctx, workspace()).overdueSince).toBe('2026-03-11T02:00:00.000Z')
})

test('a clock that jumps a year and back leaves no silence: what comes due is made up for, and an archive from the future hides nothing', async () => {
  expect(await tick('2026-03-11T02:00:00Z')).toEqual(['success'])
  setNow('2027-03-11T12:00:00Z')
  expect(runStateOf(home.ctx, workspace()).overdueSince).toBe('2026-03-12T02:00:00.000Z')
  expect(await tick('2027-03-11T12:00:00Z')).toEqual(['success'])
  expect(runStateOf(home.ctx, workspace()).overdueSince).toBeNull()
  // Back again: the archive of next year says nothing about today.
  setNow('2026-03-12T03:00:00Z')
  expect(runStateOf(home.ctx, workspace())).toEqual({ nextRunAt: '2026-03-13T02:00:00.000Z', overdueSince: '2026-03-12T02:00:00.000Z' })
  expect(await tick('2026-03-12T03:00:00Z')).toEqual(['warning'])
  // A year further back, before there was any archive: all that is known lies ahead, and the day behind counts.
  expect(await tick('2025-03-12T03:00:00Z')).toEqual(['warning'])
  expect(await tick('2025-03-12T03:00:30Z')).toEqual([])
})

test('below the floor a backup stops before it writes, and says what to do', async () => {
  setFloor(admin, { floorBytes: 1 })
  expect(await tick('2026-03-11T02:00:00Z')).toEqual(['success'])
  const { totalBytes } = setFloor(admin, { floorBytes: null })
  expect(() => setFloor(admin, { floorBytes: totalBytes! })).toThrow('no backup could ever run')
  setFloor(admin, { floorBytes: totalBytes! - 1 })
  const { code, stderr } = await bench.run('backup')
  expect(code).toBe(1)
  expect(stderr).toContain('are paused')
  expect(stderr).toContain('orchive repository floor')
  expect(() => setFloor(home.ctx, { floorBytes: 0 })).toThrow('right')
})

test('what cannot be meant is refused, and nothing of it is saved', () => {
  const before = showSchedule(home.ctx, workspace().id)
  for (const change of [
    { schedule: '0 2 30 2 *' },
    { schedule: 'now and then' },
    { timeZone: 'Mars/Olympus' },
    { schedule: null, verifySchedule: null, drillSchedule: null, timeZone: 'Mars/Olympus' },
    { schedule: '0 5 * * *', drillSchedule: '0 2 30 2 *' },
  ])
    expect(() => set(change)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  expect(showSchedule(home.ctx, workspace().id)).toEqual(before)
  expect(() => setSchedule(home.ctx, { workspaceId: workspace().id, schedule: null })).toThrow('right')
})

test('the next runs are told in the workspace’s zone, over the change of clocks', () => {
  setNow('2026-10-24T12:00:00Z')
  const preview = previewSchedule(home.ctx, { schedule: '30 2 * * *', timeZone: 'Europe/Berlin', count: 2 })
  expect(preview).toEqual({
    problem: null,
    runs: [
      { at: '2026-10-25T00:30:00.000Z', local: expect.stringMatching(/Sun.* 25 Oct 2026.* 02:30 (CEST|GMT\+2)/) },
      { at: '2026-10-26T01:30:00.000Z', local: expect.stringMatching(/Mon.* 26 Oct 2026.* 02:30 (CET|GMT\+1)/) },
    ],
  })
  expect(previewSchedule(home.ctx, { schedule: '0 2 30 2 *', timeZone: 'UTC', count: 2 }).problem).toContain('never comes due')
  expect(previewSchedule(home.ctx, { schedule: '0 2 * * *', timeZone: 'Nowhere', count: 2 }).problem).toContain('“Nowhere”')
})
