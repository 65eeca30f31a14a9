import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FaultStorage } from '#test/builders/fault-storage.ts'
import type { FrameId } from '../entry.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { plainCodec } from './codec.ts'
import { compressFrame, decompressFrame } from './frame.ts'
import { FrameIndex } from './frame-index.ts'
import { indexNameOf, listPacks, PACK_BYTES, packName } from './pack.ts'
import { deriveFrames, loadIndexes, parseIndex } from './pack-index.ts'
import { PackWriter } from './pack-writer.ts'
import { sealObject } from './seal.ts'

let folder: string
let storage: FaultStorage
let index: FrameIndex
const place = () => ({ storage, objects: storage, codec: plainCodec })
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orchive-pack-'))
  storage = new FaultStorage(openLocalStorage(folder))
  index = new FrameIndex()
})
afterEach(() => {
  storage.close()
  rmSync(folder, { recursive: true })
})

interface Segment {
  id: FrameId
  raw: Buffer
  stored: Buffer
}

/** Content that does not compress, so that sizes are what they seem. */
function segment(sizeBytes: number): Segment {
  const raw = randomBytes(sizeBytes)
  return { id: plainCodec.frameId(raw), raw, stored: compressFrame(raw) }
}
const segments = (count: number, sizeBytes: number) => Array.from({ length: count }, () => segment(sizeBytes))
const addAll = (writer: PackWriter, all: Segment[]) => all.map(({ id, raw, stored }) => writer.add(id, stored, raw.length))
const files = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()

async function expectStored(all: Segment[], known: FrameIndex): Promise<void> {
  for (const { id, raw } of all) {
    const location = known.get(id)!
    const stored = await storage.read(location.pack, location.offset, location.storedBytes)
    expect(decompressFrame(stored, location.rawBytes).equals(raw)).toBe(true)
  }
}

test('packs are closed at 64 MiB', () => {
  expect(PACK_BYTES).toBe(67_108_864)
})

test('a pack is closed by the frame that fills it; each is named by its hash and has an index that says what is in it', async () => {
  const writer = new PackWriter(place(), 'data', index, 100_000)
  const all = segments(10, 30_000)
  addAll(writer, all)
  await writer.finish()
  expect(writer.packs).toHaveLength(3)
  expect(files()).toEqual([...writer.packs, ...writer.packs.map(indexNameOf)].sort())
  const counts = writer.packs.map((pack) => {
    const bytes = readFileSync(join(folder, pack))
    expect(pack).toBe(packName(createHash('sha256').update(bytes).digest('hex')))
    const said = parseIndex(pack, readFileSync(join(folder, indexNameOf(pack))))
    expect(said).toEqual({ kind: 'data', head: Buffer.alloc(0), frames: deriveFrames(bytes, plainCodec) })
    return said.frames.length
  })
  expect(counts).toEqual([4, 4, 2])
  expect(writer.frames).toBe(10)
  const sizes = files().map((name) => readFileSync(join(folder, name)).length)
  expect(writer.storedBytes).toBe(sizes.reduce((sum, size) => sum + size, 0))
  await expectStored(all, index)
})

test('frames enter the index when their pack is durable, not before', async () => {
  const writer = new PackWriter(place(), 'data', index)
  const all = segments(3, 1000)
  addAll(writer, all)
  await writer.written()
  for (const { id } of all) expect([writer.has(id), index.has(id)]).toEqual([true, false])
  expect(files().filter((name) => name.startsWith('packs/'))).toEqual([])
  await writer.finish()
  expect(all.every(({ id }) => index.has(id))).toBe(true)
})

test('what finish made durable is found by another process', async () => {
  const writer = new PackWriter(place(), 'data', index, 5000)
  const all = segments(20, 1000)
  addAll(writer, all)
  await writer.finish()
  const found = new FrameIndex()
  expect((await loadIndexes({ ...place(), objects: openLocalStorage(folder), storage: openLocalStorage(folder) }, found)).sort()).toEqual(
    [...writer.packs].sort(),
  )
  expect(found.size).toBe(20)
  await expectStored(all, found)
})

test('no frame is stored twice: not within a writer, not after it, not by another kind of pack', async () => {
  const all = segments(5, 1000)
  const writer = new PackWriter(place(), 'data', index)
  expect(addAll(writer, all)).toEqual(all.map(({ stored }) => stored.length))
  expect(addAll(writer, all)).toEqual([0, 0, 0, 0, 0])
  await writer.finish()
  expect(addAll(writer, all)).toEqual([0, 0, 0, 0, 0])
  const meta = new PackWriter(place(), 'meta', index)
  addAll(meta, all)
  await meta.finish()
  expect(meta.packs).toEqual([])
  expect(files()).toHaveLength(2)
})

test('with nothing to store, nothing is made', async () => {
  const writer = new PackWriter(place(), 'data', index)
  await writer.written()
  await writer.finish()
  await writer.abort({ removePacks: true })
  expect(storage.calls).toEqual([])
})

test('frames come out as they went in, whether they lay side by side in memory or not', async () => {
  const all = segments(40, 997)
  const block = Buffer.concat(all.map(({ stored }) => stored))
  const writer = new PackWriter(place(), 'data', index)
  let at = 0
  for (const [i, { id, raw, stored }] of all.entries()) {
    writer.add(id, i % 7 === 3 ? stored : block.subarray(at, at + stored.length), raw.length)
    at += stored.length
  }
  await writer.finish()
  await expectStored(all, index)
  expect(readFileSync(join(folder, writer.packs[0]!)).equals(block)).toBe(true)
})

test('the memory of frames may be used again once they are written', async () => {
  const writer = new PackWriter(place(), 'data', index)
  const all = segments(4, 5000)
  const block = Buffer.alloc(6000)
  for (const { id, raw, stored } of all) {
    stored.copy(block)
    writer.add(id, block.subarray(0, stored.length), raw.length)
    await writer.written()
  }
  await writer.finish()
  await expectStored(all, index)
})

describe('abort', () => {
  test('drops the unfinished pack and gives its space back; packs already durable stay and can be used', async () => {
    const writer = new PackWriter(place(), 'data', index, 10_000)
    const all = segments(3, 6000)
    addAll(writer, all)
    await writer.written()
    await writer.abort()
    expect(files()).toEqual([...writer.packs, ...writer.packs.map(indexNameOf)].sort())
    expect(writer.packs).toHaveLength(1)
    await expectStored(all.slice(0, 2), index)
    expect(() => addAll(writer, segments(1, 10))).toThrow('has ended')
  })

  test('with removePacks leaves the storage as it was; packs that were there before stay', async () => {
    const first = new PackWriter(place(), 'data', index, 10_000)
    const all = segments(4, 6000)
    addAll(first, all.slice(0, 2))
    await first.finish()
    const before = files()
    // A writer that does not know of them makes the same pack again, then another.
    const second = new PackWriter(place(), 'data', new FrameIndex(), 10_000)
    addAll(second, all)
    await second.finish()
    expect(second.packs[0]).toBe(first.packs[0])
    expect(files()).toHaveLength(4)
    await second.abort({ removePacks: true })
    expect(files()).toEqual(before)
  })
})

test('what a write failed with is thrown by all that follows, and no pack is named after it', async () => {
  for (const verb of ['create', 'append', 'commit', 'put'] as const) {
    const writer = new PackWriter(place(), 'data', new FrameIndex(), 10_000)
    storage.arm({ call: { create: 1, append: 2, commit: 3, put: 5 }[verb], errno: 'ENOSPC', done: 'half' })
    addAll(writer, segments(4, 6000))
    await expect(writer.finish()).rejects.toMatchObject({ code: 'repository_full' })
    expect(storage.failed?.verb).toBe(verb)
    await expect(writer.written()).rejects.toMatchObject({ code: 'repository_full' })
    expect(() => addAll(writer, segments(1, 10))).toThrow('full')
    expect(writer.packs).toEqual([])
    storage.arm(null)
    await writer.abort({ removePacks: true })
    await storage.removeUnfinished()
    expect(files()).toEqual([])
  }
})

describe('reading indexes', () => {
  let pack: string
  let all: Segment[]
  beforeEach(async () => {
    const writer = new PackWriter(place(), 'data', index)
    all = segments(30, 500)
    addAll(writer, all)
    await writer.finish()
    pack = writer.packs[0]!
  })

  const damages: [string, (stored: Buffer) => Buffer | null][] = [
    ['missing', () => null],
    ['empty', () => Buffer.alloc(0)],
    ['cut short', (stored) => stored.subarray(0, stored.length - 9)],
    ['changed in a byte', (stored) => Buffer.from(stored.map((byte, i) => (i === stored.length >> 1 ? byte ^ 0x10 : byte)))],
    ['of an unknown version', () => sealObject(Buffer.from(`orchive-index 2 data\n${all[0]!.id} 0 1 1\n`))],
    ['without a line', () => sealObject(Buffer.alloc(0))],
    ['with a line that is none', () => sealObject(Buffer.from(`orchive-index 1 data\n${all[0]!.id} 0 1\n`))],
    ['with an id in capitals', () => sealObject(Buffer.from(`orchive-index 1 data\n${all[0]!.id.toUpperCase()} 0 1 1\n`))],
  ]
  test.each(damages)('an index that is %s is made again from its pack', async (_, damage) => {
    const path = join(folder, indexNameOf(pack))
    const bytes = damage(readFileSync(path))
    rmSync(path)
    if (bytes) writeFileSync(path, bytes)
    const found = new FrameIndex()
    expect(await loadIndexes(place(), found)).toEqual([pack])
    expect(found.size).toBe(30)
    await expectStored(all, found)
  })

  test('a pack that is damaged itself and has no index is passed over; the others are read', async () => {
    const other = new PackWriter(place(), 'data', index)
    const more = segments(3, 500)
    addAll(other, more)
    await other.finish()
    const bytes = readFileSync(join(folder, pack))
    bytes.fill(0, 100, 200)
    writeFileSync(join(folder, pack), bytes)
    rmSync(join(folder, indexNameOf(pack)))
    const found = new FrameIndex()
    await loadIndexes(place(), found)
    expect(found.size).toBe(3)
    await expectStored(more, found)
  })

  test('a disk that cannot be read is told, not taken for a damaged index', async () => {
    storage.arm({ call: 2, errno: 'EIO', done: 'nothing' })
    await expect(loadIndexes(place(), new FrameIndex())).rejects.toMatchObject({
      code: 'io_failed',
      message: expect.stringContaining(indexNameOf(pack)),
    })
  })

  test('an index that is moved away between being listed and being read is made again from its pack', async () => {
    storage.arm({ call: 2, errno: 'ENOENT', done: 'nothing' })
    const found = new FrameIndex()
    await loadIndexes(place(), found)
    expect(storage.failed).toEqual({ verb: 'get', name: indexNameOf(pack) })
    await expectStored(all, found)
  })

  test('a pack that is moved away with its index meanwhile is passed over', async () => {
    rmSync(join(folder, indexNameOf(pack)))
    storage.arm({ call: 2, errno: 'ENOENT', done: 'nothing' })
    const found = new FrameIndex()
    await loadIndexes(place(), found)
    expect(storage.failed).toEqual({ verb: 'get', name: pack })
    expect(found.size).toBe(0)
  })

  test('a damaged index is named by who has to understand it', () => {
    for (const text of [
      '',
      'orchive-index 1 other\n',
      'orchive-index 1 data\nx 0 1 1\n',
      `orchive-index 1 data\n${'a'.repeat(64)} 0 1 1`,
    ]) {
      expect(() => parseIndex('packs/x.idx.zst', sealObject(Buffer.from(text)))).toThrow('packs/x.idx.zst')
    }
    expect(() => parseIndex('packs/x.idx.zst', Buffer.from('not zstd'))).toThrow('packs/x.idx.zst')
  })

  test('an index without its pack names nothing', async () => {
    rmSync(join(folder, pack))
    expect((await listPacks(storage)).packs).toEqual([])
    const found = new FrameIndex()
    await loadIndexes(place(), found)
    expect(found.size).toBe(0)
  })
})
