import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Journal } from '#lib/engine/restore/journal.ts'
import { killed } from '#test/builders/killed.ts'
import { expectEqualTrees, readTree, type SeenPath } from '#test/builders/random-tree.ts'
import { type Bench, makeBench, ORCHIVE } from '#test/builders/run-orchive.ts'
import { until } from '#test/builders/until.ts'

const FILES = 300
let bench: Bench
let old: SeenPath[]
let archived: SeenPath[]

const logs = () => bench.workspace.logsDir
/** All that the restore is about. */
const seen = () => readTree(Buffer.from(bench.workspace.root)).filter(({ path }) => !path.startsWith('.orchive-restore-'))

/** A workspace with enough to swap that a process can be killed in the middle of it. */
async function prepare(): Promise<void> {
  bench = await makeBench({ shape: 'state-in-root', isQuick: true })
  mkdirSync(join(logs(), 'many'))
  for (let i = 0; i < FILES; i++) writeFileSync(join(logs(), 'many', `${i}.log`), `line ${i}\n`)
  const backup = await bench.run('backup', '--json')
  expect(backup.code).toBe(0)
  archived = seen()
  for (let i = 0; i < FILES; i += 2) appendFileSync(join(logs(), 'many', `${i}.log`), 'more\n')
  for (let i = 1; i < FILES; i += 4) rmSync(join(logs(), 'many', `${i}.log`))
  for (let i = 0; i < FILES / 4; i++) writeFileSync(join(logs(), 'many', `extra-${i}`), 'extra')
  rmSync(join(logs(), 'spool'), { recursive: true })
  symlinkSync('/etc', join(logs(), 'spool'))
  writeFileSync(bench.workspace.statePath, '{"taskHistory":[]}')
  old = seen()
  copy(bench.folder, `${bench.folder}-as-prepared`)
}

/** With times to the nanosecond, as they are compared. */
function copy(from: string, to: string): void {
  execFileSync('cp', ['-a', from, to])
}

/** Home and workspace as they were prepared, in their place. */
function reset(): void {
  bench.remove()
  copy(`${bench.folder}-as-prepared`, bench.folder)
}

beforeAll(prepare)
beforeEach(reset)
afterAll(() => {
  bench.remove()
  rmSync(`${bench.folder}-as-prepared`, { recursive: true })
})

const start = (...argv: string[]): ChildProcess => spawn(ORCHIVE, [...argv, '--home', bench.home], { stdio: 'ignore' })
const restore = () => start('restore', 'latest', '--in-place', '--exact', '--yes')

function journal(): Journal | null {
  const folder = join(bench.home, 'journals')
  const name = existsSync(folder) ? readdirSync(folder).find((entry) => /^ws_.*\.json$/.test(entry)) : undefined
  try {
    return name === undefined ? null : (JSON.parse(readFileSync(join(folder, name), 'utf8')) as Journal)
  } catch {
    return null
  }
}

/** Files that lie in quarantine by now. */
function quarantined(): number {
  const area = readdirSync(bench.workspace.root).find((name) => name.startsWith('.orchive-restore-'))
  const folder = area && join(bench.workspace.root, area, 'quarantine/logs/many')
  return folder && existsSync(folder) ? readdirSync(folder).length : 0
}

/**
 * True as soon as it has come so far, false when it ended before. Once there is a journal it looks without a pause, so that no phase is too short to be
 * seen.
 */
async function sees(child: ChildProcess, isReached: () => boolean): Promise<boolean> {
  await until('there is a journal', () => journal() !== null || child.exitCode !== null)
  for (const startedMs = performance.now(); performance.now() - startedMs < 30_000; ) {
    if (isReached()) return true
    if (!existsSync(`/proc/${child.pid}`) || /\) Z /.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8'))) return false
  }
  throw new Error('It neither came so far nor ended.')
}

/** Restores until one is killed when `isReached`, each from the beginning. */
async function killRestoreAt(isReached: () => boolean): Promise<Journal> {
  for (let tries = 0; tries < 10; tries++) {
    const child = restore()
    await once(child, 'spawn')
    if (await sees(child, isReached)) {
      await killed(child)
      const found = journal()
      if (found) return found
    }
    reset()
  }
  throw new Error('It was never killed in time.')
}

const MOMENTS: [name: string, isReached: () => boolean][] = [
  ['it stages', () => journal()?.phase === 'staging'],
  ['the journal is open and nothing was swapped', () => journal()?.phase === 'staged'],
  ['the swap begins', () => journal()?.phase === 'swapping'],
  ['a few files are swapped', () => quarantined() > 3],
  ['half of the files are swapped', () => quarantined() > FILES / 3],
  ['all is swapped and nothing validated', () => journal()?.phase === 'swapped'],
  ['all is validated', () => journal()?.phase === 'validated'],
]

describe.each(MOMENTS)('a restore killed when %s', (_, isReached) => {
  test('settling leaves the workspace wholly old or wholly new, and a restore works again', async () => {
    const { phase, jobId } = await killRestoreAt(isReached)
    const settled = await bench.run('settle', 'sample', '--json')
    expect(settled.code).toBe(0)
    const isUntouched = phase === 'staging' || phase === 'staged'
    const outcome = phase === 'validated' ? 'finished' : isUntouched ? 'untouched' : 'rolled-back'
    expect(settled.json).toMatchObject({ settled: [{ jobId, phase, outcome, workspace: 'sample', notes: [] }] })
    expectEqualTrees(seen(), phase === 'validated' ? archived : old)
    expect((await bench.run('settle', 'sample', '--json')).json).toMatchObject({ settled: [] })
    expectEqualTrees(seen(), phase === 'validated' ? archived : old)
    if (phase === 'validated') {
      expect((await bench.run('undo', jobId)).code).toBe(0)
      expectEqualTrees(seen(), old)
    } else expect(readdirSync(bench.workspace.root).filter((name) => name.startsWith('.orchive-restore-'))).toEqual([])
    expect((await bench.run('restore', 'latest', '--in-place', '--exact', '--yes')).code).toBe(0)
    expectEqualTrees(seen(), archived)
  })
})

test('SIGTERM, even twice, waits for a swap that has begun: the restore ends whole and well', async () => {
  for (let tries = 0; ; tries++) {
    const child = restore()
    await once(child, 'spawn')
    const exit = once(child, 'exit')
    if (await sees(child, () => journal()?.phase === 'swapping')) {
      child.kill('SIGTERM')
      child.kill('SIGINT')
      expect(await exit).toEqual([0, null])
      expectEqualTrees(seen(), archived)
      return
    }
    await exit
    expect(tries).toBeLessThan(10)
    reset()
  }
})

test('settling that is killed itself is settled by the next', async () => {
  await killRestoreAt(() => quarantined() > FILES / 2)
  const most = quarantined()
  for (let round = 1; round < 4 && journal() !== null; round++) {
    const child = start('settle')
    await once(child, 'spawn')
    if (await sees(child, () => quarantined() < most - 20 * round)) await killed(child)
  }
  const [first, second] = await Promise.all([bench.run('settle', '--wait', '30'), bench.run('settle', '--wait', '30')])
  expect([first.code, second.code]).toEqual([0, 0])
  expect(journal()).toBeNull()
  expectEqualTrees(seen(), old)
})

test('an undo that is killed is taken back or finished like a restore', async () => {
  for (let tries = 0; ; tries++) {
    expect((await bench.run('restore', 'latest', '--in-place', '--exact', '--yes')).code).toBe(0)
    const [{ jobId }] = (await bench.run('undo', '--list', '--json')).json as [{ jobId: string }]
    const child = start('undo', jobId)
    await once(child, 'spawn')
    const isCaught = await sees(child, () => journal()?.phase === 'swapping')
    if (isCaught) await killed(child)
    const phase = journal()?.phase
    expect((await bench.run('settle')).code).toBe(0)
    const isDone = phase === undefined || phase === 'validated'
    expectEqualTrees(seen(), isDone ? old : archived)
    if (isDone) {
      expect(tries).toBeLessThan(10)
      continue
    }
    expect((await bench.run('undo', jobId)).code).toBe(0)
    expectEqualTrees(seen(), old)
    return
  }
})

test('the next verb of the workspace settles first and says so; a backup sees one or the other', async () => {
  await killRestoreAt(() => quarantined() > 10)
  const backup = await bench.run('backup')
  expect(backup.code).toBe(3)
  expect(backup.stderr).toContain('was settled')
  expectEqualTrees(seen(), old)
  expect(journal()).toBeNull()
})

test('a backup refuses a restore that cannot be settled, saying what is known; a person may let go of it', async () => {
  const { areas } = await killRestoreAt(() => quarantined() > 10)
  rmSync(areas[0]!.path, { recursive: true })
  const refused = await bench.run('backup', '--json')
  expect(refused.code).toBe(1)
  expect(refused.json).toMatchObject({ code: 'restore_unsettled', message: expect.stringContaining(areas[0]!.path) })
  expect((await bench.run('settle')).code).toBe(1)
  expect((await bench.run('archives')).code).toBe(0)
  expect((await bench.run('settle', '--abandon', '--json')).json).toMatchObject({ settled: [{ outcome: 'abandoned' }] })
  expect([0, 3]).toContain((await bench.run('backup')).code)
})

test('settling needs no repository, and nothing open is quick', async () => {
  await killRestoreAt(() => quarantined() > 10)
  rmSync(join(bench.home, 'repository'), { recursive: true })
  rmSync(join(bench.home, 'prisma-free-db/catalog.db'))
  expect((await bench.run('settle', 'sample')).code).toBe(0)
  expectEqualTrees(seen(), old)
  expect((await bench.run('settle', 'nobody')).code).toBe(10)
})

test('a restore that is under way is not settled by another: exit 11, or it waits', async () => {
  const child = restore()
  await once(child, 'spawn')
  expect(await sees(child, () => journal() !== null)).toBe(true)
  child.kill('SIGSTOP')
  const exit = once(child, 'exit')
  const refused = await bench.run('settle', 'sample', '--json')
  expect(refused.code).toBe(11)
  expect(refused.json).toMatchObject({ code: 'workspace_locked', message: expect.stringContaining('restore of arc_') })
  expect((await bench.run('restore', 'latest', '--in-place', '--yes')).code).toBe(11)
  expect((await bench.run('backup')).code).toBe(11)
  child.kill('SIGCONT')
  await exit
  expectEqualTrees(seen(), archived)
})
