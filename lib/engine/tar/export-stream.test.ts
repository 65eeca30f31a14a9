import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { list } from 'tar'
import { afterAll, expect, test } from 'vitest'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { expectEqualTrees, makeTree, noise, randomTree, readTree, type SeenPath } from '#test/builders/random-tree.ts'
import type { Entry } from '../entry.ts'
import { decompressFrame, splitFrames } from '../repository/frame.ts'
import type { ArchiveReader } from '../repository/repository.ts'
import { EXPORT_FORMATS, type ExportFormat, type ExportOptions, exportTar } from './export-stream.ts'
import { readTar } from './tar-reader.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
const TARS = { 'GNU tar': 'tar', bsdtar: 'bsdtar' }

async function workspace(fill: (root: string) => void): Promise<{ ws: BackedUpWorkspace; reader: ArchiveReader }> {
  const ws = await makeBackedUpWorkspace()
  folders.push(ws.folder)
  mkdirSync(join(ws.root, 'logs'))
  fill(ws.root)
  const { id } = await ws.backUp()
  return { ws, reader: await ws.repository.reader(id) }
}

/** Collects everything, one slow write at a time. */
class Sink extends Writable {
  readonly pieces: Buffer[] = []
  mostWaiting = 0
  override _write(piece: Buffer, _encoding: string, done: () => void) {
    this.mostWaiting = Math.max(this.mostWaiting, this.writableLength)
    this.pieces.push(piece)
    setImmediate(done)
  }
}

async function exported(reader: ArchiveReader, options: ExportOptions): Promise<Buffer> {
  const sink = new Sink()
  await exportTar(reader, options, sink)
  return Buffer.concat(sink.pieces)
}

function extract(program: string, bytes: Buffer, format: ExportFormat): Buffer {
  const target = mkdtempSync(join(tmpdir(), 'orchive-export-'))
  folders.push(target)
  const file = join(target, `archive.${format}`)
  const into = join(target, 'into')
  mkdirSync(into)
  writeFileSync(file, bytes)
  const how = { tar: [], 'tar.zst': ['--zstd'], 'tar.gz': ['-z'] }[format]
  execFileSync(program, ['-x', '-p', ...how, '-f', file, '-C', into], { env: { ...process.env, LC_ALL: 'C.UTF-8' }, stdio: 'pipe' })
  return Buffer.from(into)
}

/** libarchive (3.6) reads the fraction of a time before 1970 with the wrong sign; these times are left out for bsdtar. */
function comparable(program: string, actual: SeenPath[], expected: SeenPath[]): [SeenPath[], SeenPath[]] {
  if (program !== 'bsdtar') return [actual, expected]
  const isMisread = expected.map(({ mtimeNs }) => mtimeNs < 0n && mtimeNs % 1_000_000_000n !== 0n)
  const timed = (tree: SeenPath[]) => tree.map((seen, i) => (isMisread[i] ? { ...seen, mtimeNs: 0n } : seen))
  return [timed(actual), timed(expected)]
}

/** The tar stream in any of the formats. */
function tarOf(bytes: Buffer, format: ExportFormat): Buffer {
  if (format === 'tar') return bytes
  if (format === 'tar.gz') return gunzipSync(bytes)
  return Buffer.concat(
    splitFrames(bytes).map(({ offset, length, contentBytes }) => decompressFrame(bytes.subarray(offset, offset + length), contentBytes!)),
  )
}

test('any tree comes out of GNU tar and bsdtar in all three formats as it went in: bytes, modes, links, times within 1 µs', async () => {
  await fc.assert(
    fc.asyncProperty(randomTree, async (tree) => {
      const { ws, reader } = await workspace((root) => makeTree(Buffer.from(join(root, 'logs')), tree))
      const expected = readTree(Buffer.from(join(ws.root, 'logs')))
      let plain: Buffer | null = null
      for (const format of EXPORT_FORMATS) {
        const bytes = await exported(reader, { format })
        plain ??= bytes
        expect(tarOf(bytes, format).equals(plain)).toBe(true)
        for (const program of Object.values(TARS)) {
          const into = extract(program, bytes, format)
          expectEqualTrees(...comparable(program, readTree(Buffer.concat([into, Buffer.from('/logs')])), expected))
        }
      }
    }),
    { numRuns: 12, endOnFailure: true },
  )
})

test('names of every length and kind, odd times and large owners come out the same everywhere', async () => {
  const names = [
    'n'.repeat(100),
    'n'.repeat(255),
    'Übersicht 知識 🗄.json',
    'é'.repeat(120),
    'e\u0301'.repeat(3),
    'e\u0301'.repeat(70),
    'back\\slash',
    'new\nline',
    Buffer.from([0xff, 0xfe, 0x41]),
    Buffer.concat([Buffer.from('m'.repeat(200)), Buffer.from([0xe9])]),
  ].map((name) => Buffer.from(name as string))
  const { ws, reader } = await workspace((root) => {
    let folder = Buffer.from(join(root, 'logs'))
    for (let depth = 0; depth < 6; depth++) {
      folder = Buffer.concat([folder, Buffer.from(`/${'d'.repeat(60)}`)])
      mkdirSync(folder)
    }
    for (const [i, name] of names.entries()) {
      const path = Buffer.concat([folder, Buffer.from('/'), name])
      writeFileSync(path, `content ${i}`)
      utimesSync(path, `-${i}.5`, i % 2 ? `-${i}.25` : `${4_000_000_000 + i}.123456789`)
      linkSync(path, Buffer.concat([folder, Buffer.from(`/link-${i}`)]))
      symlinkSync(name, Buffer.concat([folder, Buffer.from(`/symlink-${i}`)]))
    }
  })
  const expected = readTree(Buffer.from(join(ws.root, 'logs')))
  for (const program of Object.values(TARS)) {
    const into = extract(program, await exported(reader, { format: 'tar' }), 'tar')
    expectEqualTrees(...comparable(program, readTree(Buffer.concat([into, Buffer.from('/logs')])), expected))
  }
})

test('a tar.zst is accepted by zstd itself, and a tar by node-tar', async () => {
  const { reader } = await workspace((root) => {
    writeFileSync(join(root, 'logs', 'run.jsonl'), noise(3_000_000, 7))
    writeFileSync(join(root, 'logs', 'empty'), '')
  })
  const plain = await exported(reader, { format: 'tar' })
  const packed = await exported(reader, { format: 'tar.zst' })
  expect(execFileSync('zstd', ['-d', '-c'], { input: packed, maxBuffer: 1e8 }).equals(plain)).toBe(true)
  const seen: string[] = []
  const parser = list({ strict: true, onReadEntry: (entry) => seen.push(entry.path) })
  parser.end(plain)
  expect(seen).toEqual(['logs/', 'logs/empty', 'logs/run.jsonl', 'orchestrator_config.json'])
})

test('the same archive exports to the same bytes every time', async () => {
  const { reader } = await workspace((root) => writeFileSync(join(root, 'logs', 'a'), 'a'))
  for (const format of EXPORT_FORMATS) expect((await exported(reader, { format })).equals(await exported(reader, { format }))).toBe(true)
})

test('the manifest goes first, in a folder of its own', async () => {
  const { reader } = await workspace((root) => writeFileSync(join(root, 'logs', 'a'), 'a'))
  const manifestJson = Buffer.from(JSON.stringify({ long: 'x'.repeat(2_500_000) }))
  for (const format of EXPORT_FORMATS) {
    const entries = [...readTar(tarOf(await exported(reader, { format, manifestJson }), format))]
    expect(entries.map(({ head }) => head.path)).toEqual([
      '.orchive',
      '.orchive/manifest.json',
      'logs',
      'logs/a',
      'orchestrator_config.json',
    ])
    expect(entries[1]!.content.equals(manifestJson)).toBe(true)
  }
})

test('some paths of an archive are an archive of these, hard links to the rest included', async () => {
  const { reader } = await workspace((root) => {
    mkdirSync(join(root, 'logs', 'sub'))
    writeFileSync(join(root, 'logs', 'a.log'), 'shared')
    chmodSync(join(root, 'logs', 'a.log'), 0o640)
    writeFileSync(join(root, 'logs', 'sub', 'own.log'), 'own')
    linkSync(join(root, 'logs', 'a.log'), join(root, 'logs', 'sub', 'one'))
    linkSync(join(root, 'logs', 'a.log'), join(root, 'logs', 'sub', 'two'))
    writeFileSync(join(root, 'logs', 'sub-other'), 'not asked for')
  })
  for (const format of EXPORT_FORMATS) {
    const bytes = await exported(reader, { format, paths: ['logs/sub/', 'logs/sub/own.log'] })
    for (const program of Object.values(TARS)) {
      const into = extract(program, bytes, format).toString()
      expect(readTree(Buffer.from(into)).map(({ path, linkedTo }) => [path, linkedTo])).toEqual([
        ['logs', null],
        ['logs/sub', null],
        ['logs/sub/one', null],
        ['logs/sub/own.log', null],
        ['logs/sub/two', 'logs/sub/one'],
      ])
      expect(readFileSync(join(into, 'logs/sub/two'), 'utf8')).toBe('shared')
      expect(lstatSync(join(into, 'logs/sub/one')).mode & 0o777).toBe(0o640)
    }
  }
})

test('a path that is not there is refused before the first byte', async () => {
  const { reader } = await workspace((root) => writeFileSync(join(root, 'logs', 'a'), 'a'))
  const sink = new Sink()
  for (const path of ['logs/b', 'log', 'logs/a/b'])
    await expect(exportTar(reader, { format: 'tar', paths: ['logs', path] }, sink)).rejects.toMatchObject({ code: 'path_unknown' })
  await expect(exportTar(reader, { format: 'tar', paths: ['../etc'] }, sink)).rejects.toMatchObject({ code: 'path_unsafe' })
  expect(sink.pieces).toEqual([])
  expect(sink.destroyed).toBe(false)
})

test('a damaged frame ends the export with frame_damaged, and the sink is not ended as if all were well', async () => {
  const { reader } = await workspace((root) => writeFileSync(join(root, 'logs', 'a'), noise(700_000, 3)))
  for (const format of EXPORT_FORMATS) {
    const other = await reader.stored((await firstFile(reader)).frames[0]!)
    const lying: ArchiveReader = { ...reader, entries: (paths) => reader.entries(paths), stored: async () => other }
    const sink = new Sink()
    await expect(exportTar(lying, { format }, sink)).rejects.toMatchObject({ code: 'frame_damaged' })
    expect(sink.writableFinished).toBe(false)
    expect(sink.destroyed).toBe(true)
  }
})

async function firstFile(reader: ArchiveReader) {
  for await (const entry of reader.entries()) if (entry.type === 'file') return entry
  throw new Error('no file')
}

test('a slow receiver slows the export down instead of filling memory', async () => {
  const { reader } = await workspace((root) => {
    for (let i = 0; i < 8; i++) writeFileSync(join(root, 'logs', `run-${i}`), noise(2_000_000, i))
  })
  for (const format of EXPORT_FORMATS) {
    const sink = new Sink()
    const { bytes, entries } = await exportTar(reader, { format }, sink)
    expect(entries).toBe(10)
    expect(bytes).toBeGreaterThan(16_000_000)
    expect(sink.mostWaiting).toBeLessThan(6_000_000)
  }
})

test('a receiver that goes away, and a cancel, end the export', async () => {
  const { reader } = await workspace((root) => writeFileSync(join(root, 'logs', 'a'), noise(5_000_000, 1)))
  const leaving = new Writable({ write: (_piece, _encoding, done) => done(new Error('gone')) })
  await expect(exportTar(reader, { format: 'tar' }, leaving)).rejects.toThrow('gone')
  const stalled = new Writable({ write: () => {} })
  const stop = new AbortController()
  const export_ = exportTar(reader, { format: 'tar.gz', signal: stop.signal }, stalled)
  setImmediate(() => stop.abort())
  await expect(export_).rejects.toMatchObject({ code: 'cancelled' })
  const closing = new Writable({ write: () => closing.destroy() })
  await expect(exportTar(reader, { format: 'tar' }, closing)).rejects.toThrow()
})

test.each(EXPORT_FORMATS)(
  'a %s ends, and names the file, where a head is not that of its line, or where content is longer than it says',
  async (format) => {
    const { reader } = await workspace((root) => {
      writeFileSync(join(root, 'logs/a.log'), 'a')
      writeFileSync(join(root, 'logs/b.log'), noise(2000, 3))
    })
    const entries: Entry[] = []
    for await (const entry of reader.entries()) entries.push(entry)
    const [a, b] = ['logs/a.log', 'logs/b.log'].map((path) => entries.find((entry) => entry.path === path)!) as [Entry, Entry]
    const altered = (change: (entry: Entry) => Entry): ArchiveReader => ({
      ...reader,
      async *entries() {
        for (const entry of entries) yield change(entry)
      },
    })
    const swapped = altered((entry) => (entry === a ? { ...entry, frames: [b.frames[0]!, a.frames[1]!] } : entry))
    await expect(exported(swapped, { format })).rejects.toThrow('another head than the one of logs/a.log')
    const longer = altered((entry) => (entry === a ? { ...entry, frames: [a.frames[0]!, b.frames[1]!] } : entry))
    await expect(exported(longer, { format })).rejects.toThrow('not of the size that logs/a.log has')
    const outside = altered((entry) => (entry === a ? { ...entry, path: '../a.log' } : entry))
    await expect(exported(outside, { format })).rejects.toMatchObject({ code: 'path_unsafe' })
  },
)
