import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FaultStorage } from '#test/builders/fault-storage.ts'
import type { FrameId } from '../entry.ts'
import { openLocalStorage } from '../storage/local-storage.ts'
import { plainCodec } from './codec.ts'
import { compressFrame } from './frame.ts'
import { indexNameOf } from './pack.ts'
import { initRepository, openRepository, type Repository } from './repository.ts'

let folder: string
let writer: Repository
let reader: Repository
/** Below `reader`; counts its calls. */
let disk: FaultStorage
interface Pack {
  name: string
  ids: FrameId[]
}
/** Frames of three packs. */
let packs: Pack[]

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'orchive-repository-'))
  writer = await initRepository(openLocalStorage(folder), '2026-01-02T03:04:05.000Z')
  packs = [await addPack(), await addPack(), await addPack()]
  disk = new FaultStorage(openLocalStorage(folder))
  reader = await openRepository(disk)
})
afterEach(() => {
  reader.close()
  writer.close()
  rmSync(folder, { recursive: true })
})

async function addPack(frames = 40): Promise<Pack> {
  const packWriter = await writer.packWriter('data')
  const ids: FrameId[] = []
  for (let i = 0; i < frames; i++) {
    const raw = randomBytes(300)
    ids.push(plainCodec.frameId(raw))
    packWriter.add(ids.at(-1)!, compressFrame(raw), raw.length)
  }
  await packWriter.finish()
  return { name: packWriter.packs[0]!, ids }
}

async function moveToTrash(pack: string): Promise<void> {
  for (const name of [pack, indexNameOf(pack)]) await writer.storage.move(name, `trash/${name}`)
}
async function expectMissing(ids: FrameId[]): Promise<void> {
  for (const id of ids)
    await expect(reader.stored(id)).rejects.toMatchObject({ code: 'frame_missing', message: expect.stringContaining(id) })
}
const callsOf = (verb: string) => disk.calls.filter((call) => call.verb === verb).map(({ name }) => name)

test('opening reads the head alone; the indexes are read by the first question, and once', async () => {
  expect(disk.calls).toEqual([{ verb: 'get', name: 'repository.json' }])
  disk.arm(null)
  await reader.frame(packs[0]!.ids[0]!)
  expect(callsOf('get').sort()).toEqual(packs.map(({ name }) => indexNameOf(name)).sort())
  disk.arm(null)
  for (const { ids } of packs) for (const id of ids) await reader.frame(id)
  expect([callsOf('get'), callsOf('list')]).toEqual([[], []])
})

test('a pack that another process has added since is found, and only its index is read', async () => {
  await reader.index()
  const added = await addPack()
  disk.arm(null)
  for (const id of added.ids) await reader.frame(id)
  expect([callsOf('get'), callsOf('list')]).toEqual([[indexNameOf(added.name)], ['packs/']])
})

test('a pack moved to the trash is read there, and the indexes are not read again for each of its frames', async () => {
  await reader.index()
  const { name, ids } = packs[1]!
  await moveToTrash(name)
  await moveToTrash((await addPack()).name)
  disk.arm(null)
  for (const id of ids) await reader.frame(id)
  for (const index of [...packs, { name: `trash/${name}` }].map((pack) => indexNameOf(pack.name))) {
    expect(callsOf('get').filter((got) => got === index).length).toBeLessThanOrEqual(1)
  }
})

test('when a whole pack is gone each of its frames is missing; after one look at all indexes only names are listed', async () => {
  await reader.index()
  const { name, ids } = packs[0]!
  for (const object of [name, indexNameOf(name)]) await writer.storage.remove(object)
  await moveToTrash(packs[1]!.name)
  await expectMissing(ids.slice(0, 1))
  disk.arm(null)
  await expectMissing(ids)
  expect(callsOf('get')).toEqual([])
  expect(callsOf('list')).toHaveLength(2 * ids.length)
})

test('a frame that was missing is found once its pack is back, or a new one has it', async () => {
  const { name, ids } = packs[0]!
  await moveToTrash(name)
  await writer.storage.remove(`trash/${name}`)
  await expectMissing(ids.slice(0, 3))
  const raw = randomBytes(100)
  const packWriter = await writer.packWriter('data')
  await expectMissing([plainCodec.frameId(raw)])
  packWriter.add(plainCodec.frameId(raw), compressFrame(raw), raw.length)
  await packWriter.finish()
  expect((await reader.frame(plainCodec.frameId(raw))).equals(raw)).toBe(true)
})

test('a pack that is moved to the trash and back again is read wherever it is', async () => {
  const { name, ids } = packs[2]!
  for (let round = 0; round < 3; round++) {
    await reader.frame(ids[round]!)
    await moveToTrash(name)
    await reader.frame(ids[round + 10]!)
    for (const object of [name, indexNameOf(name)]) await writer.storage.move(`trash/${object}`, object)
  }
})

test('many questions at once are answered alike', async () => {
  await moveToTrash(packs[0]!.name)
  const raws = await Promise.all(packs.flatMap(({ ids }) => ids.map((id) => reader.frame(id))))
  expect(raws.map((raw) => plainCodec.frameId(raw))).toEqual(packs.flatMap(({ ids }) => ids))
})

test('a disk that failed while the indexes were read is asked again by the next question', async () => {
  disk.arm({ call: 2, errno: 'EIO', done: 'nothing' })
  await expect(reader.frame(packs[0]!.ids[0]!)).rejects.toMatchObject({ code: 'io_failed' })
  expect(plainCodec.frameId(await reader.frame(packs[0]!.ids[0]!))).toBe(packs[0]!.ids[0])
})

test('a section is found without the indexes of the larger packs of data, and by all of them where the small ones do not have it', async () => {
  const sections = await writer.packWriter('meta')
  const raw = Buffer.from('f\tone\nf\ttwo\n')
  sections.add(plainCodec.frameId(raw), compressFrame(raw), raw.length)
  await sections.finish()
  expect(await reader.readSection(plainCodec.frameId(raw))).toEqual(['f\tone', 'f\ttwo'])
  expect(callsOf('get')).toEqual(['repository.json', indexNameOf(sections.packs[0]!)])
  expect(await reader.readSection(plainCodec.frameId(raw))).toHaveLength(2)
  expect(callsOf('get')).toHaveLength(2)
  await expect(reader.readSection('0'.repeat(64))).rejects.toMatchObject({ code: 'frame_missing' })
  // One that another process has written since.
  const late = await writer.packWriter('meta')
  const text = Buffer.from('f\tlate\n')
  late.add(plainCodec.frameId(text), compressFrame(text), text.length)
  await late.finish()
  expect(await reader.readSection(plainCodec.frameId(text))).toEqual(['f\tlate'])
  // And one whose pack has moved since its index was read.
  await moveToTrash(sections.packs[0]!)
  expect(await reader.readSection(plainCodec.frameId(raw))).toHaveLength(2)
})

test('frames that are looked for are read without the table of all; who asks at the same moment is served by one look, smallest indexes first', async () => {
  const more = await addPack(10)
  await Promise.all([reader.locate([more.ids[3]!]), reader.locate([more.ids[7]!, more.ids[3]!])])
  const reads = () => callsOf('get').filter((name) => name?.endsWith('.idx.zst'))
  expect(reads()).toEqual([indexNameOf(more.name)])
  for (const at of [3, 7]) expect(plainCodec.frameId(await reader.frame(more.ids[at]!))).toBe(more.ids[at])
  expect(reads()).toHaveLength(1)
  // What is nowhere is looked for everywhere, and told by who reads it.
  const nowhere = '0'.repeat(64)
  await reader.locate([nowhere, packs[0]!.ids[5]!, packs[2]!.ids[39]!])
  expect(reads()).toHaveLength(5)
  for (const id of [packs[0]!.ids[5]!, packs[2]!.ids[39]!]) expect(plainCodec.frameId(await reader.frame(id))).toBe(id)
  expect(reads()).toHaveLength(5)
  await expect(reader.frame(nowhere)).rejects.toMatchObject({ code: 'frame_missing' })
})

test('frames that were looked for are found wherever their pack has gone since, and in packs whose index is missing or damaged', async () => {
  const [lost, broken, moved] = packs as [Pack, Pack, Pack]
  rmSync(join(folder, indexNameOf(lost.name)))
  writeFileSync(join(folder, indexNameOf(broken.name)), 'no index')
  const ids = [lost.ids[1]!, broken.ids[2]!, moved.ids[3]!]
  await reader.locate(ids)
  await moveToTrash(moved.name)
  for (const id of ids) expect(plainCodec.frameId(await reader.frame(id))).toBe(id)
})

test('who looks for frames again and again gets the table of all', async () => {
  const reads = () => callsOf('get').filter((name) => name?.endsWith('.idx.zst')).length
  for (let n = 0; n < 20; n++) await reader.locate([packs[n % 3]!.ids[n]!])
  const before = reads()
  for (let n = 20; n < 40; n++) await reader.locate([packs[n % 3]!.ids[n]!])
  expect(reads()).toBe(before)
})
