import { chmodSync, existsSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import type { Manifest } from '../repository/manifest.ts'
import { assertExecutable, planRestore } from './plan-restore.ts'
import type { ConflictMode, RestoreInput } from './restore-types.ts'

let workspace: BackedUpWorkspace
let manifest: Manifest
const at = (path: string) => join(workspace.root, path)
const OLD = 1_700_000_000
const NEW = 1_800_000_000

beforeEach(async () => {
  workspace = await makeBackedUpWorkspace()
  mkdirSync(at('logs/sub'), { recursive: true })
  for (const name of ['equal', 'gone', 'longer', 'touched', 'sametime', 'mode', 'newer', 'tofolder', 'tolink']) {
    writeFileSync(at(`logs/${name}.txt`), `content of ${name}`)
    utimesSync(at(`logs/${name}.txt`), OLD + 1000, OLD + 1000)
  }
  symlinkSync('equal.txt', at('logs/link'))
  writeFileSync(at('logs/sub/inner.txt'), 'inner')
  writeFileSync(at('orchestrator_state.json'), '{"tasks":[]}')
  manifest = await workspace.backUp()
})

afterEach(() => rmSync(workspace.folder, { recursive: true, force: true }))

function input(more: Partial<RestoreInput> = {}): RestoreInput {
  return {
    reader: workspace.repository.readerOf(manifest),
    manifest,
    paths: [],
    target: null,
    items: workspace.resolve().items,
    root: workspace.root,
    ...more,
  }
}

/** What happened to the workspace since the archive, one way each. */
function disturb(): void {
  rmSync(at('logs/gone.txt'))
  writeFileSync(at('logs/longer.txt'), 'much more than it was')
  utimesSync(at('logs/longer.txt'), OLD, OLD)
  utimesSync(at('logs/touched.txt'), OLD, OLD)
  writeFileSync(at('logs/sametime.txt'), 'CONTENT of sametime')
  utimesSync(at('logs/sametime.txt'), OLD + 1000, OLD + 1000)
  chmodSync(at('logs/mode.txt'), 0o600)
  writeFileSync(at('logs/newer.txt'), 'changed')
  utimesSync(at('logs/newer.txt'), NEW, NEW)
  rmSync(at('logs/tofolder.txt'))
  mkdirSync(at('logs/tofolder.txt'))
  utimesSync(at('logs/tofolder.txt'), OLD, OLD)
  rmSync(at('logs/tolink.txt'))
  symlinkSync('/etc/passwd', at('logs/tolink.txt'))
  writeFileSync(at('logs/extra.txt'), 'extra')
  writeFileSync(at('orchestrator_state.json'), '{"tasks":{}}')
  const archived = new Date(manifest.createdAt)
  utimesSync(at('orchestrator_state.json'), archived, archived)
}

const NAMES = ['equal', 'gone', 'longer', 'touched', 'sametime', 'mode', 'newer', 'tofolder', 'tolink', 'extra']
/** Action for each file of NAMES, by conflict mode. `sametime` is the price of not reading files whose size and time agree. */
const TABLE: Record<ConflictMode, string[]> = {
  overwrite: ['same', 'create', 'overwrite', 'attributes', 'same', 'attributes', 'overwrite', 'overwrite', 'overwrite', 'extra'],
  skip: ['same', 'create', 'skip', 'skip', 'same', 'skip', 'skip', 'skip', 'skip', 'extra'],
  newer: ['same', 'create', 'overwrite', 'attributes', 'same', 'skip', 'skip', 'overwrite', 'skip', 'extra'],
  fail: ['same', 'create', 'conflict', 'conflict', 'same', 'conflict', 'conflict', 'conflict', 'conflict', 'extra'],
}

test.each(['overwrite', 'skip', 'newer', 'fail'] as const)(
  'conflict mode %s decides each kind of difference as the table says',
  async (conflict) => {
    disturb()
    const plan = await planRestore(input({ paths: ['logs'], conflict }))
    const actions = new Map(plan.lines.map((line) => [line.path, line.action]))
    expect(NAMES.map((name) => actions.get(`logs/${name}.txt`) ?? 'same')).toEqual(TABLE[conflict])
    expect(Object.values(plan.counts).reduce((sum, count) => sum + count)).toBe(plan.linesTotal + plan.counts.same)
    if (conflict === 'fail') expect(() => assertExecutable(plan)).toThrow('exist already')
    else assertExecutable(plan)
  },
)

test('a path that somebody names, and every critical item, is compared by content even when size and time agree', async () => {
  disturb()
  const named = await planRestore(input({ paths: ['logs/sametime.txt'] }))
  expect(named.lines).toMatchObject([{ action: 'overwrite', reason: 'its content differs though size and time are equal' }])
  const state = await planRestore(input({ paths: ['orchestrator_state.json'] }))
  expect(state.lines).toMatchObject([{ action: 'overwrite' }])
})

test('a plan names final absolute paths, sizes before and after, bytes to write and free space', async () => {
  disturb()
  const plan = await planRestore(input({ paths: ['logs/longer.txt', 'logs/gone.txt'] }))
  expect(plan.lines).toMatchObject([
    { path: 'logs/gone.txt', targetPath: at('logs/gone.txt'), action: 'create', sizeBytes: 15, liveBytes: null },
    { path: 'logs/longer.txt', targetPath: at('logs/longer.txt'), action: 'overwrite', sizeBytes: 17, liveBytes: 21 },
  ])
  expect(plan).toMatchObject({
    bytesToWrite: 32,
    target: null,
    conflict: 'overwrite',
    exact: false,
    counts: { create: 1, overwrite: 1, extra: 0 },
  })
  expect(plan.items).toMatchObject([{ key: 'logsDir', targetPath: at('logs'), bytesToWrite: 32 }])
  expect(plan.freeBytes).toBeGreaterThan(0)
})

test('planning twice gives one digest; a live change to what would be replaced gives another', async () => {
  disturb()
  const first = await planRestore(input())
  expect((await planRestore(input())).digest).toBe(first.digest)
  writeFileSync(at('logs/longer.txt'), 'and more again')
  expect((await planRestore(input())).digest).not.toBe(first.digest)
})

test('what happens beside the restore changes no digest: other items, extras that come and go, what only comes back', async () => {
  rmSync(at('logs/gone.txt'))
  const one = await planRestore(input({ paths: ['logs/gone.txt'] }))
  const folder = await planRestore(input({ paths: ['logs'] }))
  writeFileSync(at('orchestrator_state.json'), '{"tasks":["rewritten meanwhile"]}')
  writeFileSync(at('logs/extra.tmp'), 'comes and goes')
  rmSync(at('logs/equal.txt'))
  expect((await planRestore(input({ paths: ['logs/gone.txt'] }))).digest).toBe(one.digest)
  expect((await planRestore(input({ paths: ['logs'] }))).digest).toBe(folder.digest)
})

test('a plan of other paths, another archive mode or another place never has the digest that was reviewed', async () => {
  rmSync(at('logs/gone.txt'))
  rmSync(at('logs/longer.txt'))
  const plans = await Promise.all([
    planRestore(input({ paths: ['logs/gone.txt'] })),
    planRestore(input({ paths: ['logs/longer.txt'] })),
    planRestore(input({ paths: ['logs/gone.txt'], exact: true })),
    planRestore(input({ paths: ['logs/gone.txt'], conflict: 'skip' })),
    planRestore(input({ paths: ['logs/gone.txt'], target: join(workspace.folder, 'a') })),
    planRestore(input({ paths: ['logs/gone.txt'], target: join(workspace.folder, 'b') })),
  ])
  expect(new Set(plans.map(({ digest }) => digest)).size).toBe(plans.length)
})

test('extras stay unless an exact restore is asked for', async () => {
  disturb()
  const plan = await planRestore(input({ exact: true }))
  expect(plan.lines.find((line) => line.path === 'logs/extra.txt')?.action).toBe('quarantine')
})

test('an exact restore of an offload archive moves nothing away: it was never meant to hold the rest', async () => {
  disturb()
  const plan = await planRestore(input({ exact: true, manifest: { ...manifest, kind: 'offload' } }))
  expect(plan.lines.find((line) => line.path === 'logs/extra.txt')).toMatchObject({
    action: 'extra',
    reason: 'stays: the archive was never meant to hold it',
  })
  expect(plan.lines.filter(({ action }) => action === 'quarantine')).toEqual([])
})

test('a path that the archive lacks is named', async () => {
  await expect(planRestore(input({ paths: ['logs', 'logs/nothing.txt', 'nowhere'] }))).rejects.toMatchObject({
    code: 'path_unknown',
    message: expect.stringContaining('nowhere'),
  })
  await expect(planRestore(input({ paths: ['logs/../x'] }))).rejects.toMatchObject({ code: 'path_unsafe' })
})

test('a target takes the archive’s own paths; one that is not empty is refused and nothing is written', async () => {
  const target = join(workspace.folder, 'deep/new/target')
  const plan = await planRestore(input({ target, paths: ['logs/sub'] }))
  expect(plan.lines.map((line) => [line.action, line.targetPath])).toEqual([
    ['create', join(target, 'logs')],
    ['create', join(target, 'logs/sub')],
    ['create', join(target, 'logs/sub/inner.txt')],
  ])
  expect(existsSync(target)).toBe(false)
  mkdirSync(target, { recursive: true })
  writeFileSync(join(target, 'mine'), '')
  const refused = await planRestore(input({ target }))
  expect(() => assertExecutable(refused)).toThrow('is not empty')
  expect(refused.problems).toMatchObject([{ severity: 'error', code: 'target_not_empty' }])
  assertExecutable(await planRestore(input({ target, conflict: 'skip' })))
  const file = await planRestore(input({ target: join(target, 'mine') }))
  expect(file.problems[0]).toMatchObject({ code: 'target_unusable' })
})

test('a folder above that is a symlink now is never written through', async () => {
  renameSync(at('logs/sub'), at('elsewhere'))
  symlinkSync(at('elsewhere'), at('logs/sub'))
  const plan = await planRestore(input({ paths: ['logs/sub/inner.txt'] }))
  expect(() => assertExecutable(plan)).toThrow('nothing is written through it')
  expect(plan.problems).toMatchObject([{ code: 'path_unsafe' }])
  // The folder itself, when it is chosen, takes the symlink's place.
  const whole = await planRestore(input({ paths: ['logs/sub'] }))
  expect(whole.lines.map((line) => line.action)).toEqual(['overwrite', 'create'])
})

test('items that lie in another are left alone unless they are named, wherever the config puts them now', async () => {
  writeFileSync(
    at('orchestrator_config.json'),
    JSON.stringify({ logsDir: './logs', stateFile: './logs/sub/inner.txt', docsPath: './docs' }),
  )
  const plan = await planRestore(input({ paths: ['logs'], exact: true }))
  expect(plan.lines.find((line) => line.path === 'logs/sub/inner.txt')).toMatchObject({
    action: 'skip',
    reason: 'belongs to the item stateFile now',
  })
  const named = await planRestore(input({ paths: ['logs/sub/inner.txt'] }))
  expect(named.lines[0]?.action ?? 'same').not.toBe('skip')
  const state = await planRestore(input({ paths: ['orchestrator_state.json'] }))
  expect(state.lines).toMatchObject([{ targetPath: at('logs/sub/inner.txt'), action: 'overwrite' }])
  expect(state.problems).toMatchObject([{ severity: 'info', code: 'item_moved' }])
})

test('an item that the config does not name any more is left out, and refused when somebody names it', async () => {
  writeFileSync(at('orchestrator_config.json'), JSON.stringify({ stateFile: './orchestrator_state.json', docsPath: './docs' }))
  const plan = await planRestore(input())
  expect(plan.problems).toContainEqual(expect.objectContaining({ severity: 'warning', code: 'item_invalid', path: 'logs' }))
  expect(plan.counts.skip).toBeGreaterThan(10)
  const named = await planRestore(input({ paths: ['logs'] }))
  expect(() => assertExecutable(named)).toThrow('the config names no place for logsDir now')
})

test('a folder that holds another item is never replaced by a file', async () => {
  rmSync(at('logs/equal.txt'))
  mkdirSync(at('logs/equal.txt'))
  writeFileSync(at('logs/equal.txt/state.json'), '{}')
  writeFileSync(
    at('orchestrator_config.json'),
    JSON.stringify({ logsDir: './logs', stateFile: './logs/equal.txt/state.json', docsPath: './docs' }),
  )
  const plan = await planRestore(input({ paths: ['logs'] }))
  expect(() => assertExecutable(plan)).toThrow('cannot be replaced by a file')
})

test('planning changes nothing on disk', async () => {
  disturb()
  const before = lstatSync(at('logs'), { bigint: true })
  await planRestore(input({ exact: true }))
  const after = lstatSync(at('logs'), { bigint: true })
  expect([after.mtimeNs, after.ctimeNs]).toEqual([before.mtimeNs, before.ctimeNs])
})
