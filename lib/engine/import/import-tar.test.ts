import { createWriteStream, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '#lib/base/clock.ts'
import { newJobId, newWorkspaceId } from '#lib/base/ids.ts'
import { makeTree, noise, randomTree } from '#test/builders/random-tree.ts'
import { type BackupBench, makeBackupBench } from '../backup/testing.ts'
import type { Manifest } from '../repository/manifest.ts'
import { initRepository, type Repository } from '../repository/repository.ts'
import { executeRestore } from '../restore/execute-restore.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { EXPORT_FORMATS, type ExportFormat, exportTar } from '../tar/export-stream.ts'
import { END_OF_ARCHIVE, encodeHead, type HeadInput, paddingOf } from '../tar/head.ts'
import { verifyArchive } from '../verify/verify-archive.ts'
import type { AdoptInto } from './adopt.ts'
import { IMPORT_LIMITS, importTar } from './import-tar.ts'

let bench: BackupBench
let folder: string
let other: Repository
beforeEach(async () => {
  bench = await makeBackupBench()
  folder = mkdtempSync(join(tmpdir(), 'orchive-import-'))
  other = await initRepository(openLocalStorage(join(folder, 'repository'), { create: true }), new Date(0).toISOString())
})
afterEach(() => {
  other.close()
  bench.remove()
  rmSync(folder, { recursive: true })
})

const take = (path: string, adoptInto?: AdoptInto, limits = IMPORT_LIMITS) =>
  importTar({
    repository: other,
    path,
    adoptInto,
    limits,
    actor: 'test',
    tool: 'test',
    clock: systemClock,
    waitMs: 0,
    signal: new AbortController().signal,
  })

/** The note that an export of this archive begins with. */
async function noteOf(manifest: Manifest): Promise<Record<string, unknown>> {
  const checksums: Record<string, string> = {}
  for await (const entry of bench.repository.entriesOf(manifest)) if (entry.sha256) checksums[entry.path] = entry.sha256
  return { ...manifest, workspace: manifest.workspaceName, checksums }
}

async function exported(manifest: Manifest, format: ExportFormat): Promise<string> {
  const path = join(folder, `${manifest.id}.${format}`)
  const reader = bench.repository.readerOf(manifest)
  await exportTar(reader, { format, manifestJson: Buffer.from(JSON.stringify(await noteOf(manifest))) }, createWriteStream(path))
  return path
}

const lines = async (repository: Repository, manifest: Manifest) => {
  const all: string[] = []
  for (const { id } of manifest.sections) all.push(...(await repository.readSection(id)))
  return all
}

test('an export comes back as the archive it was: every line, in all three formats', async () => {
  await fc.assert(
    fc.asyncProperty(randomTree, fc.constantFrom(...EXPORT_FORMATS), async (nodes, format) => {
      const logs = bench.at('logs')
      rmSync(logs, { recursive: true, force: true })
      mkdirSync(logs)
      makeTree(Buffer.from(logs), nodes)
      writeFileSync(join(logs, 'long.log'), noise(3_000_000, 3))
      const { manifest } = await bench.take({ rescan: true })
      const { manifest: back, isNew } = await take(await exported(manifest, format))
      expect(isNew).toBe(true)
      expect(await lines(other, back)).toEqual(await lines(bench.repository, manifest))
      expect(back).toMatchObject({
        id: manifest.id,
        kind: 'import',
        createdAt: manifest.createdAt,
        root: manifest.root,
        items: manifest.items,
      })
      expect(back.totals).toMatchObject({ ...manifest.totals, storedBytes: expect.any(Number) })
    }),
    { numRuns: 8 },
  )
})

test('an archive that is there already is not imported twice', async () => {
  bench.write('logs/a.log', 'a\n')
  const { manifest } = await bench.take()
  const path = await exported(manifest, 'tar.zst')
  expect((await take(path)).isNew).toBe(true)
  expect((await take(path)).isNew).toBe(false)
  expect(await other.listArchives()).toEqual([manifest.id])
})

/** A tar file of an export's note and these members, as they come. */
function crafted(note: object | null, members: [HeadInput | Buffer, Buffer?][]): string {
  const path = join(folder, 'crafted.tar')
  const base = { mtimeNs: 0n, uid: 0, gid: 0, linkTarget: null }
  const text = Buffer.from(JSON.stringify(note))
  const own: [HeadInput, Buffer?][] = note
    ? [[{ ...base, path: '.orchive/manifest.json', type: 'file', sizeBytes: text.length, mode: 0o644 }, text]]
    : []
  const pieces = [...own, ...members].flatMap(([head, content]) => [
    Buffer.isBuffer(head) ? head : encodeHead(head),
    content ?? Buffer.alloc(0),
    Buffer.alloc(paddingOf(content?.length ?? 0)),
  ])
  writeFileSync(path, Buffer.concat([...pieces, END_OF_ARCHIVE]))
  return path
}
const head = (path: string, type: HeadInput['type'], sizeBytes = 0, linkTarget: string | null = null): HeadInput => ({
  path,
  type,
  sizeBytes,
  mtimeNs: 1n,
  mode: 0o644,
  uid: 0,
  gid: 0,
  linkTarget,
})
/** A head whose name is these bytes, which no encoder of ours would write. */
function named(name: string, flag = '0'): Buffer {
  const block = encodeHead({ ...head('x', 'file'), mtimeNs: 0n })
  block.fill(0, 0, 100)
  block.write(name, 0, 'latin1')
  block[156] = flag.charCodeAt(0)
  block.fill(0x20, 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

test.each<[string, [HeadInput | Buffer, Buffer?][], string]>([
  ['a name that leads out', [[named('../outside')]], 'leads out of the archive'],
  ['an absolute name', [[named('/etc/passwd')]], 'leads out of the archive'],
  ['a name that leads out in the middle', [[named('logs/../../x')]], 'leads out of the archive'],
  [
    'a file below a symlink',
    [[head('logs', 'symlink', 0, '/etc')], [head('logs/passwd', 'file', 1), Buffer.from('x')]],
    'which is no folder',
  ],
  ['a hard link to nothing', [[head('logs/a', 'hardlink', 0, 'logs/b')]], 'is no file before it'],
  ['a file that the export does not name', [[head('logs/a', 'file', 1), Buffer.from('x')]], 'does not match the checksum'],
  ['a name that no folder can hold', [[head(`logs/${'n'.repeat(256)}`, 'file')]], 'a part longer than 255 bytes'],
  ['a name longer than any path', [[head(`logs${'/p'.repeat(200_000)}`, 'dir')]], 'more than any path may have'],
  ['a symbolic link to nothing', [[named('logs/a', '2')]], 'a symbolic link to nothing'],
  ['a link longer than any path', [[head('logs/a', 'symlink', 0, 'x'.repeat(5000))]], 'more than any path may have'],
  ['a file of no item', [[head('stray', 'file', 1), Buffer.from('x')]], 'belongs to no item that the export names'],
  [
    'more names at the top than any workspace has items',
    Array.from({ length: 1001 }, (_, i): [HeadInput] => [head(`top-${i}`, 'dir')]),
    '1001 names at its top',
  ],
  ['a second note', [[head('.orchive/manifest.json', 'file', 1), Buffer.from('x')]], "where the export's own note does"],
])('%s is refused by name, and nothing is listed or left behind', async (_, members, why) => {
  bench.write('logs/a.log', 'a')
  const { manifest } = await bench.take()
  const note = { ...(await noteOf(manifest)), checksums: {} }
  await expect(take(crafted(note, members))).rejects.toMatchObject({ code: 'import_refused', message: expect.stringContaining(why) })
  expect(await other.listArchives()).toEqual([])
  expect(readdirSync(join(folder, 'repository'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pack'))).toEqual(
    [],
  )
})

test('a stream of more members, or of longer names, than are held in memory is refused', async () => {
  const path = crafted(
    { ...(await noteOf((await bench.take()).manifest)), checksums: {} },
    Array.from({ length: 20 }, (_, i) => [head(`logs/${i}`, 'dir')]),
  )
  for (const [limits, why] of [
    [{ ...IMPORT_LIMITS, members: 19 }, 'more than 19 members'],
    [{ ...IMPORT_LIMITS, namesBytes: 100 }, 'longer than 100 bytes together'],
  ] as const)
    await expect(take(path, undefined, limits)).rejects.toMatchObject({ code: 'import_refused', message: expect.stringContaining(why) })
  expect(await other.listArchives()).toEqual([])
})

test('what belongs to no item of the workspace that adopts a file is told, and comes back into a target', async () => {
  const { root } = bench
  const path = crafted(null, [
    [head('stray/deep/a', 'file', 1), Buffer.from('a')],
    [head('b', 'file', 1), Buffer.from('b')],
  ])
  const workspace = { workspaceId: newWorkspaceId(), workspaceName: 'w', root, configPath: join(root, 'c.json') }
  const adoptInto = { ...workspace, maps: [], extraItems: [], configPaths: {}, items: [], timeZone: 'UTC', follow: null, known: {} }
  const { manifest } = await take(path, adoptInto)
  expect(manifest.findings.filter(({ code }) => code === 'no_item').map((finding) => finding.path)).toEqual(['stray', 'b'])
  const { findings } = await verifyArchive({ repository: other, reader: other.readerOf(manifest), manifest, level: 'structure' })
  // There is no config file in it.
  expect(findings.filter(({ severity }) => severity === 'error').map(({ code }) => code)).toEqual(['required_missing'])
  const target = join(folder, 'target')
  await executeRestore({ reader: other.readerOf(manifest), manifest, paths: [], target, items: [], jobId: newJobId() })
  expect(readdirSync(target, { recursive: true, encoding: 'utf8' }).sort()).toEqual(['b', 'stray', 'stray/deep', 'stray/deep/a'])
})

test('a file that begins with a name longer than any path is no export', async () => {
  const path = crafted(null, [[head(`logs${'/p'.repeat(200_000)}`, 'dir')]])
  await expect(take(path)).rejects.toMatchObject({ code: 'import_refused', message: expect.stringContaining('no whole export') })
})

test('members that no archive keeps are left out and named; a name that comes twice counts once', async () => {
  bench.write('logs/a.log', 'a')
  const { manifest } = await bench.take()
  const content = Buffer.from('b')
  const checksums = { 'logs/a': '3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d' }
  const path = crafted({ ...(await noteOf(manifest)), checksums }, [
    [named('logs/device', '3')],
    [named('./logs//a'), undefined],
    [head('logs/a', 'file', 1), content],
  ])
  const { manifest: back } = await take(path)
  expect(back.findings.map(({ code }) => code)).toEqual(['not_kept', 'repeated'])
  expect((await lines(other, back)).map((line) => line.slice(line.lastIndexOf('\t') + 1))).toEqual(['logs', 'logs/a'])
})

test('what is cut short, changed, no tar at all or without a note is refused, whatever byte it is', async () => {
  bench.write('logs/a.log', noise(200_000, 5))
  const { manifest } = await bench.take()
  for (const format of EXPORT_FORMATS) {
    const whole = readFileSync(await exported(manifest, format))
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.boolean(), async (at, isCut) => {
        const path = join(folder, 'bad')
        const bytes = Buffer.from(isCut ? whole.subarray(0, at) : whole)
        if (!isCut) bytes[at]! ^= 0x10
        writeFileSync(path, bytes)
        const outcome = await take(path).then(
          // Bytes that mean nothing may change: padding, the end of the archive, gzip's name of the system.
          async ({ manifest: back }) => {
            expect(
              (await lines(other, back)).map((line) => line.split('\t').with(2, '').with(3, '').with(4, '').with(5, '').with(7, '')),
            ).toEqual(
              (await lines(bench.repository, manifest)).map((line) =>
                line.split('\t').with(2, '').with(3, '').with(4, '').with(5, '').with(7, ''),
              ),
            )
            await other.storage.remove(`manifests/${back.id}.mft.zst`)
            return 'same'
          },
          (error: { code?: string }) => error.code,
        )
        expect(['same', 'import_unreadable', 'import_refused', 'frame_damaged']).toContain(outcome)
      }),
      { numRuns: 40 },
    )
  }
  expect(await other.listArchives()).toEqual([])
})
