import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listAudit } from '#db/console/tables/audit.ts'
import { listWatchedFiles } from '#db/console/tables/watched-files.ts'
import { listWorkspaces } from '#db/console/tables/workspaces.ts'
import { systemClock } from '#lib/base/clock.ts'
import { type ConsoleOf, consoleOf } from '#test/builders/console-of.ts'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'
import { getOverview } from '../overview/get-overview.ts'
import { lookAtLive } from './look-at-live.ts'
import { LOOK_EVERY_MS, StateWatch } from './state-watch.ts'

let bench: Bench
let home: ConsoleOf
/** Of the console's clock; it stands still otherwise. */
let aheadMs = 0
const START = Date.parse('2026-11-23T14:00:00Z')

beforeEach(async () => {
  aheadMs = 0
  bench = await makeBench({ isQuick: true, packs: 1, logs: 1 })
  home = consoleOf(bench.home, { ...systemClock, nowMs: () => START + aheadMs, monotonicMs: () => performance.now() + aheadMs })
})
afterEach(() => {
  home.close()
  bench.remove()
})

const workspace = () => listWorkspaces(home.ctx.consoleDb)[0]!
const at = (minutes: number) => new Date(START + minutes * 60_000).toISOString()
const look = (pause: () => Promise<unknown> = async () => {}) => lookAtLive(home.ctx, workspace(), { pause })
const stateOf = async (looked = look()) => (await looked).find(({ itemKey }) => itemKey === 'stateFile')
const events = () =>
  listAudit(home.ctx.consoleDb)
    .rows.filter(({ action }) => action.startsWith('live.'))
    .map(({ action, detail }) => [action, (detail as { verdict?: string }).verdict ?? null])
    .reverse()
const needOf = (code: string) => getOverview(home.ctx, workspace().id).needs.find((need) => need.code === code)

test('a state that lost its records between backups is told with the time since when, until it is whole again', async () => {
  await bench.run('backup')
  const whole = readFileSync(bench.workspace.statePath)
  expect(await stateOf()).toMatchObject({ verdict: 'fine', since: null, fineAt: at(0) })
  expect(needOf('state')).toBeUndefined()

  aheadMs = 5 * 60_000
  writeFileSync(bench.workspace.statePath, '{"taskExecutions": []}')
  expect(await stateOf()).toMatchObject({ verdict: 'doubtful', since: at(5), fineAt: at(0) })
  aheadMs = 10 * 60_000
  writeFileSync(bench.workspace.statePath, whole.subarray(0, whole.length / 2))
  expect(await stateOf()).toMatchObject({ verdict: 'damaged', since: at(5), fineAt: at(0), seenAt: at(10) })
  expect(needOf('state')).toMatchObject({
    severity: 'bad',
    title: 'The live State file is damaged since 23 Nov 14:05',
    detail: expect.stringMatching(/torn.* At 23 Nov 14:00 it was fine\. A backup taken now would be suspect\./),
    href: `/w/${workspace().id}/runbooks/state`,
  })

  aheadMs = 15 * 60_000
  rmSync(bench.workspace.statePath)
  expect(await stateOf()).toMatchObject({ verdict: 'missing', since: at(5) })
  const told = await bench.run('status')
  expect(told.stderr).toMatch(/It is so since .*; at .* it was fine\. A backup taken now would be suspect/)
  // The runbook takes it from there.
  const plan = await bench.run('recover', 'state', '--dry-run', '--json')
  expect(plan.json).toMatchObject({ plan: { verdict: 'missing', since: at(5), fineAt: at(0) } })

  aheadMs = 20 * 60_000
  writeFileSync(bench.workspace.statePath, whole)
  expect(await stateOf()).toMatchObject({ verdict: 'fine', since: null, fineAt: at(20) })
  expect(needOf('state')).toBeUndefined()
  expect(events()).toEqual([
    ['live.damaged', 'doubtful'],
    ['live.damaged', 'damaged'],
    ['live.damaged', 'missing'],
    ['live.healthy', null],
  ])
})

test('a state that was only half written when it was looked at is no finding, and neither is one that never was', async () => {
  const whole = readFileSync(bench.workspace.statePath)
  rmSync(bench.workspace.statePath)
  expect(await stateOf()).toBeUndefined()
  writeFileSync(bench.workspace.statePath, whole.subarray(0, 100))
  expect(await stateOf(look(async () => writeFileSync(bench.workspace.statePath, whole)))).toMatchObject({ verdict: 'fine' })
  expect(events()).toEqual([])
})

test('a config that does not parse is told, and what is known of the state stays', async () => {
  await bench.run('backup')
  const config = readFileSync(bench.workspace.configPath)
  await look()
  writeFileSync(bench.workspace.configPath, config.subarray(0, 20))
  expect(await look()).toEqual([
    expect.objectContaining({ itemKey: 'config', verdict: 'damaged' }),
    expect.objectContaining({ itemKey: 'stateFile', verdict: 'fine' }),
  ])
  expect(needOf('live-config')).toMatchObject({ action: 'Plan restore' })
  // While the archives cannot be asked, what parses may still have lost everything: what is known stays.
  writeFileSync(bench.workspace.configPath, config)
  renameSync(`${bench.home}/repository`, `${bench.home}/away`)
  expect(await look()).toEqual([expect.objectContaining({ verdict: 'damaged' }), expect.objectContaining({ verdict: 'fine' })])
})

test('the console reads files only when one was written since, and what was found damaged as soon as it was', async () => {
  await bench.run('backup')
  const watch = new StateWatch(home.ctx)
  const seenAt = () => listWatchedFiles(home.ctx.consoleDb, workspace().id).map((file) => file.fineAt)
  expect(await watch.tick()).toEqual(['sample'])
  aheadMs = LOOK_EVERY_MS - 60_000
  writeFileSync(bench.workspace.statePath, readFileSync(bench.workspace.statePath))
  expect(await watch.tick()).toEqual([])
  aheadMs = LOOK_EVERY_MS + 60_000
  expect(await watch.tick()).toEqual(['sample'])
  aheadMs += LOOK_EVERY_MS
  expect(await watch.tick()).toEqual([])
  expect(seenAt()).toEqual([at(11), at(11)])

  const whole = readFileSync(bench.workspace.statePath)
  writeFileSync(bench.workspace.statePath, '{}')
  expect(await stateOf()).toMatchObject({ verdict: 'doubtful' })
  aheadMs += 30_000
  expect(await watch.tick()).toEqual([])
  writeFileSync(bench.workspace.statePath, whole)
  expect(await watch.tick()).toEqual(['sample'])
  expect(listWatchedFiles(home.ctx.consoleDb, workspace().id).every(({ verdict }) => verdict === 'fine')).toBe(true)
})
