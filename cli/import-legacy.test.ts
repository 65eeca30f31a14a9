import { execFileSync } from 'node:child_process'
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, makeBench } from '#test/builders/run-orchive.ts'

let bench: Bench
let backups: string
beforeEach(async ({ task }) => {
  bench = await makeBench({ isQuick: true, packs: 1, logs: 1, isSealed: task.name.includes('encrypted') })
  backups = join(bench.folder, 'backups')
  mkdirSync(backups)
})
afterEach(() => bench.remove())

const STAMPS = ['20260501_020000', '20260502_020000', '20260504_020000'] as const

/** What the stock script writes: by cron under the bare stamp, by hand under a longer name. */
function stockTar(stamp: string, { isByHand = false, without = [] as string[] } = {}): string {
  const top = isByHand ? `orchestrator-${stamp}` : stamp
  const folder = join(bench.folder, 'stage', top)
  mkdirSync(folder, { recursive: true })
  const { configPath, statePath, packsDir, logsDir } = bench.workspace
  for (const path of [configPath, statePath, packsDir, logsDir])
    if (!without.includes(basename(path))) cpSync(path, join(folder, basename(path)), { recursive: true })
  const file = join(backups, `orchestrator-${stamp}.tar.gz`)
  execFileSync('tar', ['-czf', file, '-C', join(bench.folder, 'stage'), top])
  return file
}

interface Imported {
  file: string
  archiveId: string
  lacks: string[]
  isNew: boolean
}

test('files of the stock script are adopted in both layouts into an encrypted repository, dated by their names, compared, restored and reviewed like any other archive', async () => {
  stockTar(STAMPS[0])
  stockTar(STAMPS[1], { isByHand: true })
  stockTar(STAMPS[2], { without: [basename(bench.workspace.statePath)] })
  const nameless = await bench.run('import', backups)
  expect([nameless.code, nameless.stderr]).toEqual([1, expect.stringContaining('does not say of which workspace it is')])

  const first = await bench.run('import', backups, 'sample')
  expect([first.code, first.stderr]).toEqual([3, expect.stringContaining('State file is not in the file.')])
  const known = await bench.run('import', backups, 'sample', '--json')
  expect(known.code).toBe(0)
  const { imported } = known.json as { imported: Imported[] }
  expect(imported.map(({ lacks, isNew }) => [lacks, isNew])).toEqual([
    [[], false],
    [[], false],
    [['stateFile'], false],
  ])

  const archives = (await bench.run('archives', '--json')).json as {
    id: string
    kind: string
    createdAt: string
    seriesNumber: number
    changes: unknown
  }[]
  expect(archives.map(({ kind, createdAt }) => [kind, createdAt.slice(0, 10)])).toEqual([
    ['import', '2026-05-04'],
    ['import', '2026-05-02'],
    ['import', '2026-05-01'],
  ])
  // One series, in the order of time: each is compared with the one before.
  expect(archives.map(({ seriesNumber, changes }) => [seriesNumber, changes === null])).toEqual([
    [3, false],
    [2, false],
    [1, true],
  ])
  const [, whole] = imported
  expect((await bench.run('verify', whole!.archiveId, '--level', 'config')).code).toBe(0)
  const { statePath } = bench.workspace
  const target = join(bench.folder, 'back')
  expect((await bench.run('restore', whole!.archiveId, '--target', target)).code).toBe(0)
  expect(readFileSync(join(target, basename(statePath)))).toEqual(readFileSync(statePath))

  // Adopted, they take part in retention.
  await bench.run('backup')
  const evidence = await bench.run('evidence')
  expect(evidence.stderr).toMatch(/No restorable state from 2026-05-03 to \S+: archives of these days lack: State file\./)
  const plan = (await bench.run('retention', 'plan', '--keep-last', '1', '--daily', '0', '--weekly', '0', '--monthly', '0', '--json'))
    .json as {
    archives: { archiveId: string; keep: boolean }[]
  }
  expect(plan.archives.filter(({ keep }) => !keep).map(({ archiveId }) => archiveId)).toContain(imported[0]!.archiveId)
  await bench.run('forget', imported[0]!.archiveId)
  const trashed = await bench.run('import', imported[0]!.file, 'sample')
  expect([trashed.code, trashed.stderr]).toEqual([1, expect.stringContaining(`orchive unforget ${imported[0]!.archiveId}`)])
})

test('in an encrypted repository, too, a newer file goes on with the series of those adopted before, an older one cannot; a rebuilt catalog says the same', async () => {
  stockTar(STAMPS[0])
  stockTar(STAMPS[2])
  await bench.run('import', backups, 'sample')
  stockTar('20260503_020000')
  stockTar('20260506_020000')
  await bench.run('import', backups, 'sample')
  const archives = (await bench.run('archives', '--json')).json as { createdAt: string; seriesNumber: number }[]
  expect(archives.map(({ createdAt, seriesNumber }) => [createdAt.slice(8, 10), seriesNumber])).toEqual([
    ['06', 3],
    ['04', 2],
    ['03', 1],
    ['01', 1],
  ])
  expect((await bench.run('catalog', 'rebuild')).code).toBe(0)
  expect((await bench.run('archives', '--json')).json).toEqual(archives)
})

test('what a tar file does to do harm is refused by name, the others of the folder come in, and nothing is written elsewhere', async () => {
  const good = stockTar(STAMPS[0])
  const evil = join(bench.folder, 'evil')
  mkdirSync(join(evil, 'logs'), { recursive: true })
  writeFileSync(join(evil, 'logs/x.log'), 'x')
  symlinkSync('/etc', join(evil, 'out'))
  const tar = (name: string, ...argv: string[]) => execFileSync('tar', ['-C', evil, '-cf', join(backups, name), ...argv], { stdio: 'pipe' })
  tar('b-climbs.tar', '--transform=s,^logs,../../climbed,', 'logs')
  tar('c-absolute.tar', '-P', '--transform=s,^logs,/tmp/orchive-absolute,', 'logs')
  // Something below a link that leads out.
  tar('d-link.tar', 'out')
  execFileSync('tar', ['-C', evil, '-rf', join(backups, 'd-link.tar'), '--transform=s,^logs,out,', 'logs/x.log'])
  tar('e-two.tar', 'logs')
  appendFileSync(join(backups, 'e-two.tar'), readFileSync(join(backups, 'b-climbs.tar')))
  writeFileSync(join(backups, 'f-cut.tar.gz'), readFileSync(good).subarray(0, -100))
  writeFileSync(join(backups, 'g-noise.tar'), Buffer.alloc(4096, 7))

  const { code, json } = await bench.run('import', backups, 'sample', '--json')
  expect(code).toBe(1)
  expect((json as { imported: Imported[] }).imported.map(({ file }) => file)).toEqual([good])
  const { refused } = json as { refused: { file: string; message: string }[] }
  expect(refused.map(({ file, message }) => [basename(file), message])).toEqual([
    ['b-climbs.tar', expect.stringContaining('leads out of the archive')],
    ['c-absolute.tar', expect.stringContaining('leads out of the archive')],
    ['d-link.tar', expect.stringContaining('lies below out, which is no folder')],
    ['e-two.tar', expect.stringContaining('more stands behind its end')],
    ['f-cut.tar.gz', expect.stringContaining('does not unpack')],
    ['g-noise.tar', expect.stringContaining('is no octal number')],
  ])
  expect(existsSync(join(bench.folder, 'climbed'))).toBe(false)
  expect(existsSync('/tmp/orchive-absolute')).toBe(false)
  expect((await bench.run('archives', '--json')).json).toHaveLength(1)
  expect((await bench.run('verify', '--all', '--level', 'bytes')).code).toBe(0)
})
