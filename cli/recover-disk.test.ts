import { type ChildProcess, spawn } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '#lib/base/clock.ts'
import { formatCount } from '#lib/base/units.ts'
import type { ArchiveSummary } from '#lib/contracts/archive.ts'
import type { DiskReport, OffloadPlan, OffloadResult } from '#lib/contracts/disk.ts'
import type { RunbookStep } from '#lib/contracts/recover.ts'
import { killed } from '#test/builders/killed.ts'
import { canMount, Mounts } from '#test/builders/mounts.ts'
import { noise } from '#test/builders/random-tree.ts'
import { type Bench, type Finished, makeBench, ORCHIVE } from '#test/builders/run-orchive.ts'
import { until } from '#test/builders/until.ts'

const NOW_MS = systemClock.realNowMs()
const OLD_S = Date.UTC(2026, 0, 1) / 1000

let bench: Bench
const mounts = new Mounts()
afterEach(() => {
  mounts.unmountAll()
  bench.remove()
})

/** Old logs that share no content, so that each has to be stored. */
function writeOldLogs(count: number, bytes: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const path = join(bench.workspace.logsDir, `old-${String(i).padStart(4, '0')}.jsonl`)
    writeFileSync(path, noise(bytes, 2 * i + 1))
    utimesSync(path, OLD_S, OLD_S)
    return path
  })
}

const contents = (paths: string[]) => new Map(paths.map((path) => [path, readFileSync(path)]))
const left = (paths: string[]) => paths.filter((path) => existsSync(path))
const dryRun = async (...options: string[]) =>
  ((await bench.run('recover', 'disk', '--dry-run', '--json', ...options)).json as { plan: OffloadPlan }).plan
const offload = (...options: string[]) => bench.run('recover', 'disk', '--yes', '--json', ...options)
const resultOf = (finished: Finished) => finished.json as OffloadResult
const archives = async (kind = 'offload') =>
  ((await bench.run('archives', '--json')).json as ArchiveSummary[]).filter((archive) => archive.kind === kind)

/** Whatever happened: each file is still there as it was, or in an archive that verifies. */
async function expectNothingLost(before: Map<string, Buffer>): Promise<void> {
  const gone = [...before].filter(([path, content]) => !existsSync(path) || !readFileSync(path).equals(content))
  const held = await archives()
  if (gone.length > 0) expect(held).toHaveLength(1)
  for (const { id } of held) expect((await bench.run('verify', id)).code).toBe(0)
  const target = join(bench.folder, 'look')
  if (gone.length > 0) expect((await bench.run('restore', held[0]!.id, '--target', target)).code).toBe(0)
  for (const [path, content] of gone) expect(readFileSync(join(target, 'logs', basename(path))).equals(content)).toBe(true)
}

describe('an offload', () => {
  beforeEach(async () => {
    bench = await makeBench({ isQuick: true, logs: 3, nowMs: NOW_MS })
  })

  test('plans, archives, proves, deletes and measures; restoring its archive in place brings every byte back', async () => {
    const old = writeOldLogs(12, 40_000)
    const before = contents(old)
    const plan = await dryRun()
    expect(plan.totals).toEqual({ files: 12, bytes: 480_000, onlyCopyFiles: 12, onlyCopyBytes: 480_000 })
    expect(plan.files.map(({ path }) => path)).toEqual(old.map((path) => `logs/${basename(path)}`))
    expect(left(old)).toHaveLength(12)
    expect(await archives()).toEqual([])

    const ran = await offload('--digest', plan.digest)
    const result = resultOf(ran)
    expect(ran.code).toBe(0)
    expect(result).toMatchObject({ removedFiles: 12, removedBytes: 480_000, grade: 3, left: [] })
    expect(result.steps.map(({ id, outcome }) => `${id} ${outcome}`)).toEqual([
      'inspect done',
      'plan done',
      'archive done',
      'verify done',
      'delete done',
      're-check done',
    ])
    expect(left(old)).toEqual([])
    expect(existsSync(join(bench.workspace.logsDir, 'run-0.jsonl'))).toBe(true)
    expect(await archives()).toMatchObject([
      { id: result.archiveId, files: 12, grade: 3, hold: { reason: 'offload: held until a lead releases it', until: null } },
    ])
    expect((await bench.run('restore', result.archiveId!, '--in-place', '--yes')).code).toBe(0)
    for (const [path, content] of before) expect(readFileSync(path).equals(content)).toBe(true)
    // They are as they were archived, so the catalog knows where else they are found.
    expect((await dryRun()).totals).toMatchObject({ files: 12, onlyCopyFiles: 0 })
  })

  test('what is in an archive that nobody proved counts as found nowhere else, but needs no room in the repository', async () => {
    writeOldLogs(3, 5000)
    expect(await dryRun()).toMatchObject({ totals: { onlyCopyFiles: 3 }, repository: { neededBytes: 15_000 } })
    await bench.run('backup')
    expect(await dryRun()).toMatchObject({ totals: { onlyCopyFiles: 3 }, repository: { neededBytes: 0 } })
    await bench.run('verify')
    expect(await dryRun('--in-archives', '1')).toMatchObject({ totals: { files: 3, onlyCopyFiles: 0 } })
    const plan = await dryRun('--in-archives', '2')
    expect(plan).toMatchObject({ totals: { files: 0 }, stays: { 'not-archived': { files: 3 } } })
  })

  test('nothing old is no failure, and takes no archive', async () => {
    const ran = await offload()
    expect(ran.code).toBe(0)
    expect(resultOf(ran)).toMatchObject({ archiveId: null, removedFiles: 0, undo: null })
    expect(await archives()).toEqual([])
  })

  test('a plan that is not the one that was reviewed is refused, and nothing happens', async () => {
    const old = writeOldLogs(3, 100)
    const { digest } = await dryRun()
    appendFileSync(old[0]!, 'more')
    utimesSync(old[0]!, OLD_S, OLD_S)
    const ran = await offload('--digest', digest)
    expect(ran).toMatchObject({ code: 1, json: { code: 'plan_stale' } })
    expect(left(old)).toHaveLength(3)
    expect(await archives()).toEqual([])
  })

  test('without --yes and without a terminal it asks nobody and does nothing', async () => {
    const old = writeOldLogs(2, 100)
    expect((await bench.run('recover', 'disk')).code).toBe(2)
    expect((await bench.run('recover', 'disk', '--yes', '--keep-packs', '0')).code).toBe(2)
    expect(left(old)).toHaveLength(2)
  })

  test('a file that a process holds open stays, and the state, the config and the packs always do', async () => {
    const old = writeOldLogs(2, 100)
    const { statePath, configPath, packsDir } = bench.workspace
    for (const path of [statePath, configPath]) utimesSync(path, OLD_S, OLD_S)
    for (const name of readdirSync(packsDir)) utimesSync(join(packsDir, name), OLD_S, OLD_S)
    const holder = spawn('sleep', ['600'], { stdio: [openSync(old[0]!, 'a'), 'ignore', 'ignore'] })
    try {
      const plan = await dryRun('--older-than', '0')
      expect(plan.stays.open).toEqual({ files: 1, bytes: 100 })
      await offload('--older-than', '0')
      expect(left(old)).toEqual([old[0]])
      for (const path of [statePath, configPath]) expect(existsSync(path)).toBe(true)
      expect(readdirSync(packsDir).length).toBeGreaterThan(0)
    } finally {
      await killed(holder)
    }
  })

  test('a logs folder that is a symlink is offloaded where it really is', async () => {
    const elsewhere = join(bench.folder, 'elsewhere')
    renameSync(bench.workspace.logsDir, elsewhere)
    symlinkSync(elsewhere, bench.workspace.logsDir)
    const before = contents(writeOldLogs(3, 5000))
    const ran = await offload()
    expect(resultOf(ran)).toMatchObject({ removedFiles: 3 })
    expect(readdirSync(elsewhere).filter((name) => name.startsWith('old-'))).toEqual([])
    await expectNothingLost(before)
  })

  test('the report says what takes space, what is unknown, and where the disk is', async () => {
    writeOldLogs(4, 1000)
    const report = (await bench.run('disk', '--json')).json as DiskReport
    const logs = report.areas.find(({ key }) => key === 'logsDir')!
    expect(logs.groups.find(({ name }) => name === 'old-*.jsonl')).toEqual({ name: 'old-*.jsonl', files: 4, bytes: 4000, isRest: false })
    expect(report.areas.map(({ role }) => role)).toEqual(['repository', 'other', 'other', 'packs', 'logs'])
    expect(report.growth.method).toContain('unknown')
    for (const system of report.fileSystems) {
      expect(system.freeBytes).toBeGreaterThan(0)
      expect(system.daysUntilFull).toBeNull()
    }
  })
})

/** Starts an offload, and gives it as soon as it has come to this step. */
async function startUntil(step: string): Promise<ChildProcess> {
  const child = spawn(ORCHIVE, ['recover', 'disk', '--yes', '--json', '--home', bench.home], { stdio: ['ignore', 'pipe', 'ignore'] })
  let printed = ''
  child.stdout!.on('data', (chunk: Buffer) => (printed += chunk.toString()))
  const isAt = (line: string) => {
    const { type, step: at } = JSON.parse(line) as { type: string; step?: RunbookStep }
    return type === 'step' && at?.id === step && at.outcome === 'running'
  }
  await until(`the step ${step}`, () => printed.split('\n').slice(0, -1).some(isAt))
  return child
}

describe('an offload that is interrupted', () => {
  beforeEach(async () => {
    bench = await makeBench({ isQuick: true, logs: 1, nowMs: NOW_MS })
  })

  test.each(['inspect', 'plan', 'archive', 'verify', 'delete'])(
    'by kill -9 in the step “%s” loses nothing, and can be run again',
    async (step) => {
      const old = writeOldLogs(400, 20_000)
      const before = contents(old)
      await killed(await startUntil(step))
      await expectNothingLost(before)
      expect((await offload('--wait', '30')).code).toBeOneOf([0, 3])
      expect(left(old)).toEqual([])
    },
  )

  test('by kill -9 while it deletes is told of, with the archive that has everything, until the next run settles it', async () => {
    const old = writeOldLogs(2000, 600)
    const before = contents(old)
    const child = await startUntil('delete')
    await until('a file is gone', () => left(old).length < old.length)
    await killed(child)
    const kept = left(old)
    await expectNothingLost(before)
    const problems = async () =>
      ((await bench.run('disk', '--json')).json as DiskReport).problems.filter(({ code }) => code === 'offload_interrupted')
    if (kept.length > 0) {
      const [told] = await problems()
      const [{ id }] = (await archives()) as [ArchiveSummary]
      expect(told?.message).toContain(`${formatCount(old.length - kept.length)} of 2,000 files are gone`)
      expect(told?.message).toContain(`orchive restore ${id} --in-place`)
    }
    await offload('--wait', '30')
    expect(await problems()).toEqual([])
    expect(left(old)).toEqual([])
  })

  test.each(['archive', 'verify'])('by a cancel in the step “%s” leaves every file where it is', async (step) => {
    let old: string[]
    let code: number | null
    // One that has ended before the signal came says nothing: then once more.
    do {
      old = writeOldLogs(16, 8_000_000)
      code = await killed(await startUntil(step), 'SIGTERM')
    } while (code === 0)
    expect(code).toBe(130)
    expect(left(old)).toHaveLength(16)
  })

  test('by a cancel while it deletes says which files are gone and which stayed', async () => {
    const old = writeOldLogs(2000, 600)
    const before = contents(old)
    const child = await startUntil('delete')
    await until('a file is gone', () => left(old).length < old.length)
    expect(await killed(child, 'SIGTERM')).toBeOneOf([0, 3])
    const [job] = readdirSync(join(bench.home, 'offloads'))
    const record = readFileSync(join(bench.home, 'offloads', job!), 'utf8')
      .trim()
      .split('\n')
    expect(JSON.parse(record.at(-1)!)).toMatchObject({ type: 'end', removedFiles: old.length - left(old).length })
    await expectNothingLost(before)
  })
})

describe.skipIf(!canMount())('on a full disk of the repository', () => {
  test('nothing is deleted', async () => {
    bench = await makeBench({ isQuick: true, logs: 1, nowMs: NOW_MS, isRegistered: false })
    const repository = join(bench.folder, 'small')
    mounts.mountSmallDisk(repository, '2m')
    mkdirSync(join(repository, 'store'))
    expect((await bench.run('repository', 'init', join(repository, 'store'))).code).toBe(0)
    expect((await bench.run('workspace', 'add', bench.workspace.root, '--name', 'sample')).code).toBe(0)
    const old = writeOldLogs(8, 500_000)
    const ran = await offload()
    expect(ran).toMatchObject({ code: 1, json: { code: 'repository_full' } })
    expect(left(old)).toHaveLength(8)
    expect(await archives()).toEqual([])
  })
})
