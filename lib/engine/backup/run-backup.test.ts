import { createHash, randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fixedClock } from '#lib/base/clock.ts'
import { newSeriesId } from '#lib/base/ids.ts'
import { bytesToText } from '#lib/base/path-text.ts'
import { withoutRootRights } from '#test/builders/without-root-rights.ts'
import { plainCodec } from '../repository/codec.ts'
import type { Manifest } from '../repository/manifest.ts'
import { openRepository } from '../repository/repository.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { type BackupBench, makeBackupBench, settledClock } from './testing.ts'

let bench: BackupBench
beforeEach(async () => {
  bench = await makeBackupBench()
  bench.write('orchestrator_state.json', JSON.stringify({ taskExecutions: [1, 2, 3] }))
  bench.write('logs/run-0.jsonl', '{"n":0}\n')
  for (let i = 0; i < 30; i++)
    bench.write(`knowledge-packs/pack-${i}.json`, JSON.stringify({ id: i, text: randomBytes(200).toString('hex') }))
})
afterEach(() => bench.remove())

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex')
const codes = (manifest: Manifest) => manifest.findings.map(({ code }) => code)
const packBytes = () =>
  readdirSync(join(bench.repositoryPath, 'packs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + readFileSync(join(entry.parentPath, entry.name)).length, 0)

/** Every file of an archive as it is on disk now. */
async function expectLive(manifest: Manifest): Promise<void> {
  for (const entry of (await bench.entries(manifest)).values()) {
    if (entry.type !== 'file') continue
    const live = readFileSync(bench.at(entry.path))
    expect([entry.path, entry.sha256]).toEqual([entry.path, sha256(live)])
    expect((await bench.content(entry)).equals(live)).toBe(true)
  }
}

test('the first archive has every file with its own SHA-256, and says so in its totals', async () => {
  const { manifest, filesRead } = await bench.take()
  await expectLive(manifest)
  expect(manifest).toMatchObject({ seriesNumber: 1, parentId: null, kind: 'backup', totals: { files: 33, entries: 35 } })
  expect(filesRead).toBe(33)
  expect(manifest.totals.storedBytes).toBe(packBytes())
  expect(manifest.items.map(({ key, files }) => [key, files])).toEqual([
    ['config', 1],
    ['stateFile', 1],
    ['knowledgePackDir', 30],
    ['logsDir', 1],
    ...manifest.items.slice(4).map(({ key }) => [key, 0]),
  ])
  expect(await bench.repository.listArchives()).toEqual([manifest.id])
})

test('unchanged files are not opened, critical ones always are; the list of sections is the one before', async () => {
  const first = await bench.take()
  const bytes = packBytes()
  const second = await bench.take()
  expect(second.filesRead).toBe(2)
  expect(second.manifest.sections).toEqual(first.manifest.sections)
  expect(second.manifest.totals).toEqual({ ...first.manifest.totals, storedBytes: 0 })
  expect(second.manifest).toMatchObject({ seriesNumber: 2, parentId: first.manifest.id })
  expect(packBytes()).toBe(bytes)
})

test('--rescan opens everything and stores nothing that is there', async () => {
  const first = await bench.take()
  const again = await bench.take({ rescan: true })
  expect(again.filesRead).toBe(33)
  expect(again.manifest.sections).toEqual(first.manifest.sections)
  expect(again.manifest.totals.storedBytes).toBe(0)
})

test('a file of the same size and time is read when it may have changed within a tick of the clock', async () => {
  // The real clock: what was written a moment ago has not settled.
  const { realNowMs } = fixedClock(0)
  await bench.take({ clock: { ...settledClock, realNowMs } })
  const second = await bench.take()
  expect(second.filesRead).toBe(33)
  expect((await bench.take()).filesRead).toBe(2)
})

test('a change that keeps size and mtime is seen by its ctime; a new mode alone is, too', async () => {
  await bench.take()
  const path = bench.at('knowledge-packs/pack-7.json')
  const { length } = readFileSync(path)
  bench.write('knowledge-packs/pack-7.json', 'x'.repeat(length))
  chmodSync(bench.at('knowledge-packs/pack-8.json'), 0o600)
  const { manifest, filesRead } = await bench.take()
  expect(filesRead).toBe(4)
  await expectLive(manifest)
  expect((await bench.entries(manifest)).get('knowledge-packs/pack-8.json')!.mode).toBe(0o600)
})

test('a stat cache that is damaged, of another archive or gone costs a full read and nothing else', async () => {
  const first = await bench.take()
  const cache = readFileSync(bench.statCachePath)
  const damaged = Buffer.from(cache)
  damaged[100]! ^= 1
  writeFileSync(bench.statCachePath, damaged)
  const second = await bench.take()
  expect(second.filesRead).toBe(33)
  expect(second.manifest.sections).toEqual(first.manifest.sections)
  rmSync(bench.statCachePath)
  expect((await bench.take()).filesRead).toBe(33)
  // A cache of an older archive still is true of that archive.
  writeFileSync(bench.statCachePath, cache)
  bench.write('logs/new.jsonl', 'new\n')
  const last = await bench.take()
  expect(last.filesRead).toBe(3)
  expect(last.manifest.parentId).not.toBe(first.manifest.id)
  await expectLive(last.manifest)
})

test('new, removed and renamed files between unchanged ones are found without reading those', async () => {
  await bench.take()
  bench.write('knowledge-packs/pack-10a.json', '{}')
  bench.write('knowledge-packs/aaa/deep/er.json', '{}')
  unlinkSync(bench.at('knowledge-packs/pack-3.json'))
  renameSync(bench.at('knowledge-packs/pack-4.json'), bench.at('knowledge-packs/zzz.json'))
  const { manifest, filesRead } = await bench.take()
  expect(filesRead).toBe(2 + 3)
  await expectLive(manifest)
  const paths = [...(await bench.entries(manifest)).keys()]
  expect(paths).toContain('knowledge-packs/aaa/deep')
  expect(paths).not.toContain('knowledge-packs/pack-3.json')
  expect(paths).not.toContain('knowledge-packs/pack-4.json')
  expect(manifest.totals.entries).toBe(paths.length)
})

test('what the sections are depends on what is there, not on how it came about', async () => {
  for (let i = 0; i < 400; i++) bench.write(`logs/many/${(i * 7919) % 1000}.log`, `${i}`)
  await bench.take()
  for (let i = 0; i < 40; i++) rmSync(bench.at(`logs/many/${(i * 7919) % 1000}.log`))
  bench.write('knowledge-packs/pack-5x.json', '5')
  await bench.take()
  for (let i = 0; i < 3; i++) bench.write(`logs/many/${i}-again.log`, `${i}`)
  const grown = await bench.take()
  const fresh = await bench.take({ statCachePath: null, series: newSeriesId() })
  expect(grown.manifest.sections).toEqual(fresh.manifest.sections)
})

test('touching every file stores almost nothing', async () => {
  bench.write('logs/large.jsonl', randomBytes(3_000_000))
  await bench.take()
  const then = new Date(1_700_000_000_000)
  for (const name of readdirSync(bench.root, { recursive: true, encoding: 'utf8' })) utimesSync(bench.at(name), then, then)
  const { manifest, filesRead } = await bench.take()
  expect(filesRead).toBe(34)
  await expectLive(manifest)
  expect(manifest.totals.storedBytes).toBeLessThan(manifest.totals.entries * 400 + 3000)
})

test('times that only differ by what Node cannot set are the times before: a restore in place changes nothing', async () => {
  const first = await bench.take()
  const path = bench.at('knowledge-packs/pack-1.json')
  const { mtimeNs } = (await bench.entries(first.manifest)).get('knowledge-packs/pack-1.json')!
  utimesSync(path, Number(mtimeNs) / 1e9 + 1e-7, Number(mtimeNs) / 1e9 + 1e-7)
  const second = await bench.take()
  expect(second.filesRead).toBe(3)
  expect(second.manifest.sections).toEqual(first.manifest.sections)
})

test('a log that grew is stored as its old segments and a new end', async () => {
  const text = Buffer.from(Array.from({ length: 60_000 }, (_, i) => `{"n":${i},"id":"${sha256(String(i)).slice(0, 20)}"}\n`).join(''))
  bench.write('logs/large.jsonl', text)
  const first = await bench.take()
  appendFileSync(bench.at('logs/large.jsonl'), '{"n":"the end"}\n')
  const second = await bench.take()
  await expectLive(second.manifest)
  const before = (await bench.entries(first.manifest)).get('logs/large.jsonl')!.frames
  const after = (await bench.entries(second.manifest)).get('logs/large.jsonl')!.frames
  expect(before.length).toBeGreaterThan(2)
  expect(after.slice(1, before.length - 1)).toEqual(before.slice(1, -1))
  // As if it had been read for the first time.
  const fresh = await bench.take({ statCachePath: null, series: newSeriesId() })
  expect((await bench.entries(fresh.manifest)).get('logs/large.jsonl')!.frames).toEqual(after)
})

test('a large file that was cut short, changed in front or at its end is stored as it is', async () => {
  const text = randomBytes(2_500_000)
  for (const name of ['short', 'front', 'end', 'grown-other']) bench.write(`logs/${name}.bin`, text)
  await bench.take()
  bench.write('logs/short.bin', text.subarray(0, 1_900_000))
  bench.write('logs/front.bin', Buffer.concat([Buffer.from('new'), text]))
  bench.write('logs/end.bin', Buffer.concat([text.subarray(0, -5), Buffer.from('12345')]))
  bench.write('logs/grown-other.bin', Buffer.concat([text.subarray(0, 2_000_000), randomBytes(1_000_000)]))
  const { manifest } = await bench.take()
  await expectLive(manifest)
})

test('hard links: the first path is the file, later ones name it; content is stored and read once', async () => {
  bench.write('knowledge-packs/shared-b.json', 'shared')
  mkdirSync(bench.at('logs/links'))
  linkSync(bench.at('knowledge-packs/shared-b.json'), bench.at('logs/links/c.json'))
  linkSync(bench.at('knowledge-packs/shared-b.json'), bench.at('knowledge-packs/shared-a.json'))
  for (let round = 0; round < 2; round++) {
    const { manifest, filesRead } = await bench.take()
    const entries = await bench.entries(manifest)
    expect(entries.get('knowledge-packs/shared-a.json')).toMatchObject({ type: 'file', sizeBytes: 6 })
    for (const path of ['knowledge-packs/shared-b.json', 'logs/links/c.json'])
      expect(entries.get(path)).toMatchObject({ type: 'hardlink', linkTarget: 'knowledge-packs/shared-a.json', sha256: null })
    expect(filesRead).toBe(round === 0 ? 34 : 3)
  }
})

test('when the first name of a linked file cannot be read, the next one is the file', async () => {
  bench.write('logs/a.log', 'linked')
  linkSync(bench.at('logs/a.log'), bench.at('logs/b.log'))
  linkSync(bench.at('logs/a.log'), bench.at('logs/c.log'))
  const input = bench.input()
  const names = ['a', 'b', 'c'].map((name) => bench.at(`logs/${name}.log`))
  // The walk is through the names before any of them is opened: the inode moves away from the first.
  const { manifest } = await bench.take({
    ...input,
    onProgress: ({ phase, filesTotal }) => {
      if (phase !== 'reading' || filesTotal === null) return
      rmSync(names[0]!, { force: true })
    },
  })
  const entries = await bench.entries(manifest)
  expect(codes(manifest)).toContain('vanished')
  expect(entries.has('logs/a.log')).toBe(false)
  expect(entries.get('logs/b.log')).toMatchObject({ type: 'file', sha256: sha256('linked') })
  expect(entries.get('logs/c.log')).toMatchObject({ type: 'hardlink', linkTarget: 'logs/b.log' })
})

test('symlinks, empty folders, folder times, odd and long names are kept', async () => {
  symlinkSync('../nowhere/é', bench.at('logs/latest'))
  lutimesSync(bench.at('logs/latest'), 1_600_000_000, 1_600_000_000)
  const long = join('logs', 'l'.repeat(200), 'm'.repeat(200), 'n'.repeat(200))
  bench.write(join(long, 'file'), 'deep')
  mkdirSync(bench.at('logs/empty'))
  utimesSync(bench.at('logs/empty'), 1_500_000_000, 1_500_000_000)
  const odd = Buffer.concat([Buffer.from(`${bench.at('logs')}/odd-`), Buffer.from([0xff, 0xfe, 0x0a, 0x5c])])
  writeFileSync(odd, 'odd')
  for (let round = 0; round < 2; round++) {
    const { manifest } = await bench.take()
    const entries = await bench.entries(manifest)
    expect(entries.get('logs/latest')).toMatchObject({ type: 'symlink', linkTarget: '../nowhere/é', mtimeNs: 1_600_000_000_000_000_000n })
    expect(entries.get('logs/empty')).toMatchObject({ type: 'dir', mtimeNs: 1_500_000_000_000_000_000n })
    expect(entries.get(join(long, 'file'))).toMatchObject({ type: 'file', sizeBytes: 4 })
    const oddPath = `logs/${bytesToText(odd.subarray(bench.at('logs').length + 1))}`
    expect(entries.get(oddPath)).toMatchObject({ type: 'file', sha256: sha256('odd') })
  }
  // A symlink that leads elsewhere, at the same time of day.
  rmSync(bench.at('logs/latest'))
  symlinkSync('elsewhere', bench.at('logs/latest'))
  lutimesSync(bench.at('logs/latest'), 1_600_000_000, 1_600_000_000)
  const { manifest } = await bench.take()
  expect((await bench.entries(manifest)).get('logs/latest')!.linkTarget).toBe('elsewhere')
})

test('a file that vanishes or may not be read is a warning with its name and the reason; the rest is archived', async () => {
  bench.write('logs/secret.log', 'secret')
  chmodSync(bench.at('logs/secret.log'), 0o000)
  for (const folder of [bench.repositoryPath, join(bench.statCachePath, '..')]) mkdirSync(folder, { recursive: true })
  const { manifest } = await bench.take({
    onProgress: ({ filesTotal }) => {
      if (filesTotal !== null) rmSync(bench.at('logs/run-0.jsonl'), { force: true })
    },
  })
  const vanished = manifest.findings.find(({ path }) => path === 'logs/run-0.jsonl')
  expect(vanished).toMatchObject({ severity: 'warning', code: 'vanished', message: expect.stringContaining('logs/run-0.jsonl') })
  const entries = await bench.entries(manifest)
  expect(entries.has('logs/run-0.jsonl')).toBe(false)
  expect(entries.size).toBe(manifest.totals.entries)
  if (process.geteuid?.() === 0) return
  expect(manifest.findings).toContainEqual(expect.objectContaining({ code: 'unreadable', path: 'logs/secret.log' }))
})

test('a folder that became a symlink after the walk is not read through', async () => {
  bench.write('outside/secret.log', 'not yours')
  bench.write('logs/day/secret.log', 'mine')
  const { manifest } = await bench.take({
    onProgress: ({ filesTotal }) => {
      if (filesTotal === null) return
      rmSync(bench.at('logs/day'), { recursive: true, force: true })
      symlinkSync('../outside', bench.at('logs/day'))
    },
  })
  expect((await bench.entries(manifest)).has('logs/day/secret.log')).toBe(false)
  expect(manifest.findings).toContainEqual(expect.objectContaining({ code: 'vanished', path: 'logs/day/secret.log' }))
})

test('when the clock is set back the archive is dated right after the one before, and says so', async () => {
  const at = Date.UTC(2026, 5, 1)
  const first = await bench.take({ clock: { ...settledClock, nowMs: () => at } })
  const second = await bench.take({ clock: { ...settledClock, nowMs: () => at - 86_400_000 } })
  expect(first.manifest.createdAt).toBe('2026-06-01T00:00:00.000Z')
  expect(second.manifest.createdAt).toBe('2026-06-01T00:00:00.001Z')
  expect(codes(second.manifest)).toContain('clock_backwards')
})

test('a config that points elsewhere is told, and the archive follows it', async () => {
  await bench.take()
  bench.write('journal/run-9.jsonl', 'other\n')
  const config = JSON.parse(readFileSync(bench.at('orchestrator_config.json'), 'utf8')) as Record<string, unknown>
  bench.write('orchestrator_config.json', JSON.stringify({ ...config, logsDir: './journal' }))
  const { manifest } = await bench.take()
  expect(manifest.findings.some(({ message }) => message.includes('journal'))).toBe(true)
  const paths = [...(await bench.entries(manifest)).keys()]
  expect(paths).toContain('journal/run-9.jsonl')
  expect(paths).not.toContain('logs/run-0.jsonl')
})

test('a safety archive uses the stat cache and leaves it as it is', async () => {
  const first = await bench.take()
  const cache = readFileSync(bench.statCachePath)
  const safety = await bench.take({ series: newSeriesId(), kind: 'safety', keepStatCache: false })
  expect(safety.filesRead).toBe(2)
  expect(safety.manifest).toMatchObject({ seriesNumber: 1, parentId: null, sections: first.manifest.sections })
  expect(readFileSync(bench.statCachePath).equals(cache)).toBe(true)
  expect((await bench.take()).manifest.seriesNumber).toBe(2)
})

test('without rights to the files of an item everything else is archived', async () => {
  if (process.geteuid?.() !== 0) return
  bench.write('logs/secret.log', 'secret')
  chmodSync(bench.at('logs/secret.log'), 0o000)
  // Only opening is tried without rights: the repository belongs to root.
  const { FileReader } = await import('./file-reader.ts')
  const reader = new FileReader({ codec: plainCodec, isKnown: () => true, rawBytesOf: () => null, accept: () => undefined })
  chmodSync(join(bench.root, '..'), 0o755)
  const outcome = await withoutRootRights(() => reader.read(bench.at('logs/secret.log'), null))
  expect(outcome).toMatchObject({ ok: false, code: 'unreadable', errno: 'EACCES' })
})

test('a log that grows during the backup is archived to the length it had when it was opened, and that is told', async () => {
  const path = 'logs/run-0.jsonl'
  const before = randomBytes(3_000_000)
  bench.write(path, before)
  const storage = openLocalStorage(bench.repositoryPath)
  // The first pack is made for the first large segment: in the middle of that file.
  const repository = await openRepository(
    new Proxy(storage, {
      get(target, key) {
        if (key === 'create') appendFileSync(bench.at(path), 'one more line')
        const value = Reflect.get(target, key) as unknown
        return typeof value === 'function' ? value.bind(target) : value
      },
    }),
  )
  const { manifest } = await bench.take({ repository })
  expect(manifest.findings).toEqual([{ severity: 'info', code: 'grew', path, message: expect.stringContaining(path) }])
  const entry = (await bench.entries(manifest)).get(path)!
  expect(entry.sizeBytes).toBe(before.length)
  expect((await bench.content(entry)).equals(before)).toBe(true)
  const next = await bench.take()
  expect((await bench.entries(next.manifest)).get(path)!.sizeBytes).toBe(readFileSync(bench.at(path)).length)
  repository.close()
})
