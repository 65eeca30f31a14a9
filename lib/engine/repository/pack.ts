/**
 * Packs: frames back to back, named by the SHA-256 of the file, with an index object beside each. The index is derivable from the pack,
 * since frames delimit themselves. Write order: pack durable → index durable; an index never names a pack that is not there.
 */
import { createHash, type Hash } from 'node:crypto'
import { AppError, type ErrorCode } from '#lib/base/errors.ts'
import type { FrameId } from '../entry.ts'
import type { ObjectWriter, Storage } from '../storage/storage.ts'
import type { Codec, PackSealer } from './codec.ts'
import { decompressFrame, frameContentBytes } from './frame.ts'
import { FrameIndex } from './frame-index.ts'
import { formatIndexLines, ID_WORDS, type WantedFrames, writeIdWords } from './index-lines.ts'
import { openObject, sealObject } from './seal.ts'

/** Data packs hold segments, meta packs hold sections of manifests. */
export type PackKind = 'data' | 'meta'

/** A pack is closed when it has grown to this size. */
export const PACK_BYTES = 64 * 1024 * 1024

export const packName = (sha256: string) => `packs/${sha256.slice(0, 2)}/${sha256}.pack`
/** The SHA-256 that a pack's name says; '' when it says none. */
export const packHashOf = (pack: string) => /([0-9a-f]{64})\.pack$/.exec(pack)?.[1] ?? ''
export const indexNameOf = (pack: string) => pack.replace(/\.pack$/, '.idx.zst')
export const packOfIndex = (index: string) => index.replace(/\.idx\.zst$/, '.pack')

/** Where packs lie, and what they are made of: a repository, mostly. */
export interface PackPlace {
  readonly storage: Storage
  /** The same storage as it is for small objects. */
  readonly objects: Storage
  readonly codec: Codec
}

interface Placed {
  id: FrameId
  offset: number
  storedBytes: number
  rawBytes: number
}

/** A pack in the making. */
interface OpenPack {
  sealer: PackSealer | null
  writer: ObjectWriter | null
  hash: Hash
  /** By their place in it. */
  frames: FrameIndex
  /** Bytes so far, queued ones included. */
  offset: number
  /** Where the queue begins. */
  writtenTo: number
  queue: Uint8Array[]
  queuedBytes: number
}

/** Queued bytes are written together once there are this many. */
const FLUSH_BYTES = 1024 * 1024

/** Collects frames into packs. A frame added is durable once `finish` has returned. */
export class PackWriter {
  /** Bytes added so far, packs and indexes. */
  storedBytes = 0
  frames = 0
  /** Packs made durable by this writer. */
  readonly packs: string[] = []
  private readonly storage: Storage
  private readonly objects: Storage
  private readonly codec: Codec
  private readonly kind: PackKind
  private readonly index: FrameIndex
  private readonly limitBytes: number
  private open: OpenPack
  /** Packs whose frames are not in the index yet. */
  private readonly unfinished = new Set<OpenPack>()
  private readonly key = new Uint32Array(ID_WORDS)
  /** All writing, one step after the other; while one pack is made durable, the next is filled. */
  private work: Promise<void> = Promise.resolve()
  private failure: { error: unknown } | null = null
  /** Objects that were not there before this writer. */
  private readonly made: string[] = []
  private writing: ObjectWriter | null = null

  /** New frames enter `index` when their pack is durable; until then only this writer knows them. */
  constructor({ storage, objects, codec }: PackPlace, kind: PackKind, index: FrameIndex, limitBytes = PACK_BYTES) {
    this.storage = storage
    this.objects = objects
    this.codec = codec
    this.open = this.newPack()
    this.kind = kind
    this.index = index
    this.limitBytes = limitBytes
  }

  /** True when the frame is stored already or waits in this writer. */
  has(id: FrameId): boolean {
    writeIdWords(id, this.key, 0)
    return this.hasWords(this.key, 0)
  }

  /**
   * Adds a frame unless it is there; returns the new bytes it took (0 when it was there). `stored` must not change afterwards. The caller goes on at
   * once and awaits `written` now and then, lest everything queues up in memory. Throws what an earlier write failed with.
   */
  add(id: FrameId, stored: Uint8Array, rawBytes: number): number {
    writeIdWords(id, this.key, 0)
    return this.addWords(this.key, 0, stored, rawBytes)
  }

  /** The same for the id whose words begin at `from`. */
  addWords(ids: Uint32Array, from: number, stored: Uint8Array, rawBytes: number): number {
    if (this.failure) throw this.failure.error
    if (this.hasWords(ids, from)) return 0
    const pack = this.open
    const storedBytes = stored.length + this.codec.packs.extraBytes
    pack.frames.addWords(ids, from, { pack: '', offset: pack.offset, storedBytes, rawBytes })
    enqueue(pack, stored, storedBytes)
    this.storedBytes += storedBytes
    this.frames++
    if (pack.offset >= this.limitBytes) this.close()
    else if (pack.queuedBytes >= FLUSH_BYTES) this.later(() => this.flush(pack))
    return storedBytes
  }

  /** Resolves when what was added before is written (not yet durable) and its memory may be used again; rejects with what failed. */
  async written(): Promise<void> {
    const pack = this.open
    if (pack.queuedBytes > 0) this.later(() => this.flush(pack))
    await this.work
    if (this.failure) throw this.failure.error
  }

  /** Makes everything added durable. */
  async finish(): Promise<void> {
    if (this.open.frames.size > 0) this.close()
    await this.written()
  }

  /**
   * Drops the unfinished pack and gives its space back. Packs already durable stay as harmless orphans that the next backup finds and uses;
   * with `removePacks` they go, too, as far as this writer made them new. Only for who still holds the lease and has published nothing that needs them,
   * and with the index thrown away after it.
   */
  async abort(options: { removePacks?: boolean } = {}): Promise<void> {
    this.failure ??= { error: new AppError('internal', { message: 'This pack writer has ended.' }) }
    await this.work
    await this.writing?.abort()
    await this.open.writer?.abort()
    if (!options.removePacks) return
    // Indexes first: one never names a pack that is not there.
    for (const name of this.made.reverse()) await this.storage.remove(name)
    this.made.length = 0
  }

  private hasWords(ids: Uint32Array, from: number): boolean {
    for (const { frames } of this.unfinished) if (frames.hasWords(ids, from)) return true
    return this.index.hasWords(ids, from)
  }

  private newPack(): OpenPack {
    const pack = openPack(this.codec)
    this.unfinished.add(pack)
    return pack
  }

  private later(step: () => Promise<void>): void {
    this.work = this.work.then(async () => {
      if (this.failure) return
      try {
        await step()
      } catch (error) {
        this.failure ??= { error }
      }
    })
  }

  private close(): void {
    const pack = this.open
    this.open = this.newPack()
    this.later(async () => {
      await this.flush(pack)
      await this.makeDurable(pack)
    })
  }

  private async flush(pack: OpenPack): Promise<void> {
    if (pack.queuedBytes === 0) return
    const bytes = takeQueue(pack)
    if (!pack.writer) {
      pack.writer = await this.storage.create()
      this.writing = pack.writer
      if (pack.sealer) await append(pack, pack.sealer.head)
    }
    await append(pack, bytes)
  }

  private async makeDurable(pack: OpenPack): Promise<void> {
    const name = packName(pack.hash.digest('hex'))
    if (await pack.writer!.commit(name)) this.made.push(name)
    this.writing = null
    const index = sealObject(formatIndex(this.kind, pack.frames, pack.sealer?.head))
    const indexName = indexNameOf(name)
    if (!(await this.storage.stat(indexName))) {
      await this.objects.put(indexName, index)
      this.made.push(indexName)
    }
    this.storedBytes += index.length + this.codec.objectExtraBytes
    this.index.addAll(pack.frames, name)
    this.unfinished.delete(pack)
    this.packs.push(name)
  }
}

function openPack({ packs }: Codec): OpenPack {
  const at = packs.headBytes
  return {
    sealer: packs.newSealer(),
    writer: null,
    hash: createHash('sha256'),
    frames: new FrameIndex(),
    offset: at,
    writtenTo: at,
    queue: [],
    queuedBytes: 0,
  }
}

async function append(pack: OpenPack, bytes: Uint8Array): Promise<void> {
  pack.hash.update(bytes)
  await pack.writer!.append(bytes)
}

/** What waits, as it is to be written. */
function takeQueue(pack: OpenPack): Uint8Array {
  const { sealer, queue, writtenTo } = pack
  pack.queue = []
  pack.queuedBytes = 0
  pack.writtenTo = pack.offset
  if (sealer) return sealer.seal(queue, writtenTo)
  return queue.length === 1 ? queue[0]! : Buffer.concat(queue)
}

/** Frames that lie back to back in one block of memory are written as one piece, where they are written as they are. */
function enqueue(pack: OpenPack, stored: Uint8Array, storedBytes: number): void {
  const last = pack.sealer ? undefined : pack.queue.at(-1)
  if (last && last.buffer === stored.buffer && last.byteOffset + last.length === stored.byteOffset) {
    pack.queue[pack.queue.length - 1] = new Uint8Array(last.buffer, last.byteOffset, last.length + stored.length)
  } else pack.queue.push(stored)
  pack.offset += storedBytes
  pack.queuedBytes += storedBytes
}

/** The first line of an index object. */
const INDEX_HEADER = /^orchive-index 1 (data|meta)(?: ([0-9a-f]{64}))?\n/
const HEADER_ROOM = 128

/** `head` is what a sealed pack begins with: without it nothing of the pack could be read, so it is kept twice. */
function formatIndex(kind: PackKind, frames: FrameIndex, head: Buffer = Buffer.alloc(0)): Buffer {
  const header = `orchive-index 1 ${kind}${head.length > 0 ? ` ${head.toString('hex')}` : ''}\n`
  return formatIndexLines(header, frames.size, (number) => {
    const { id, location } = frames.frameAt(number)
    return `${id} ${location.offset} ${location.storedBytes} ${location.rawBytes}\n`
  })
}

/** What an index object says; throws `repository_damaged` naming it. */
export function parseIndex(name: string, stored: Uint8Array): { kind: PackKind; head: Buffer; frames: Placed[] } {
  const damaged = (what: string, cause?: unknown) =>
    new AppError('repository_damaged', {
      message: `The index ${name} ${what}.`,
      hint: 'It is derivable: `orchive verify --all` names what it belongs to.',
      cause,
    })
  let text: string
  try {
    text = openObject(stored).toString('latin1')
  } catch (error) {
    throw damaged('cannot be read', error)
  }
  const header = INDEX_HEADER.exec(text)
  if (!header) throw damaged('has no header')
  const frames: Placed[] = []
  const line = /([0-9a-f]{64}) (\d+) (\d+) (\d+)\n/y
  line.lastIndex = header[0].length
  while (line.lastIndex < text.length) {
    const match = line.exec(text)
    if (!match) throw damaged(`is damaged at line ${frames.length + 2}`)
    frames.push({ id: match[1]!, offset: Number(match[2]), storedBytes: Number(match[3]), rawBytes: Number(match[4]) })
  }
  return { kind: header[1] as PackKind, head: Buffer.from(header[2] ?? '', 'hex'), frames }
}

/** The frames of a pack, from its own bytes: what its index must say. Throws `frame_damaged`. */
export function deriveFrames(pack: Uint8Array, { packs, frameId }: Codec): Placed[] {
  const placed: Placed[] = []
  const opener = packs.opener(pack.subarray(0, packs.headBytes))
  for (let offset = packs.headBytes; offset < pack.length; ) {
    const { frame, storedBytes } = opener.next(pack, offset)
    const rawBytes = frameContentBytes(frame, 0)
    if (rawBytes === null) throw new AppError('frame_damaged', { message: `The frame at byte ${offset} does not say its size.` })
    placed.push({ id: frameId(decompressFrame(frame, rawBytes)), offset, storedBytes, rawBytes })
    offset += storedBytes
  }
  return placed
}

/**
 * Reads all indexes below a prefix, or those of the packs `listed`, into a table; a pack whose index is missing or damaged is read itself. Returns the
 * names of the packs read.
 */
export async function loadIndexes(
  place: PackPlace,
  index: FrameIndex,
  options: { skip?: ReadonlySet<string>; prefix?: string; listed?: PackList } = {},
): Promise<string[]> {
  const { packs, indexes } = options.listed ?? (await listPacks(place.storage, options.prefix))
  const read = packs.filter((pack) => !options.skip?.has(pack))
  for (const pack of read) await loadIndex(place, index, pack, indexes.has(indexNameOf(pack)))
  return read
}

/** Reads one pack's index into a table, or the pack itself where its index is missing or damaged. */
export async function loadIndex(place: PackPlace, index: FrameIndex, pack: string, hasIndex: boolean): Promise<void> {
  if (!hasIndex || !(await addIndexed(place, index, pack))) await addDerived(place, index, pack)
}

/**
 * Makes the index of a pack that has none, from the pack itself; a pack that is damaged is left as it is. Which kind it is its first frame tells: lines of
 * entries are a section.
 */
export async function makeMissingIndex({ storage, objects, codec }: PackPlace, pack: string): Promise<void> {
  try {
    const bytes = await storage.get(pack)
    const placed = deriveFrames(bytes, codec)
    const [first] = placed
    if (!first) return
    const opener = codec.packs.opener(bytes.subarray(0, codec.packs.headBytes))
    const raw = decompressFrame(opener.next(bytes, first.offset).frame, first.rawBytes)
    const kind = SECTION_START.test(raw.toString('latin1', 0, HEADER_ROOM)) ? 'meta' : 'data'
    const frames = new FrameIndex()
    for (const frame of placed) frames.add(frame.id, { pack, ...frame })
    await objects.put(indexNameOf(pack), sealObject(formatIndex(kind, frames, bytes.subarray(0, codec.packs.headBytes))))
  } catch (error) {
    if (!isCode(error, 'frame_damaged', 'object_missing', 'object_exists')) throw error
  }
}

const SECTION_START = /^[fdlh]\t\d+\t-?\d+\.\d{9}\t[0-7]+\t/

interface PackList {
  packs: string[]
  /** Names and sizes. */
  indexes: Map<string, number>
}

/** Names of the packs below a prefix, sorted, and the indexes that are there. */
export async function listPacks(storage: Storage, prefix = 'packs/'): Promise<PackList> {
  const packs: string[] = []
  const indexes = new Map<string, number>()
  for await (const { name, sizeBytes } of storage.list(prefix)) {
    if (name.endsWith('.pack')) packs.push(name)
    else if (name.endsWith('.idx.zst')) indexes.set(name, sizeBytes)
  }
  return { packs: packs.sort(), indexes }
}

/** Of one pack only the frames that are `wanted`: their lines are looked for in its index, and no other is taken apart. */
export async function loadWanted(
  place: PackPlace,
  index: FrameIndex,
  { pack, hasIndex }: { pack: string; hasIndex: boolean },
  wanted: WantedFrames,
): Promise<void> {
  const take = (text: Buffer, from: number) => wanted.meet(text, from, (line) => index.addLines(pack, line, 0))
  if (!hasIndex || !(await withIndexText(place, pack, take))) await addDerived(place, index, pack)
}

const addIndexed = (place: PackPlace, index: FrameIndex, pack: string) =>
  withIndexText(place, pack, (text, from) => index.addLines(pack, text, from))

/** Hands on the lines of a pack's index, which begin at `from`. False when it does not say them: damaged, of another version, or moved away since it was listed. */
async function withIndexText({ objects }: PackPlace, pack: string, take: (text: Buffer, from: number) => boolean): Promise<boolean> {
  try {
    const text = openObject(await objects.get(indexNameOf(pack)))
    const header = INDEX_HEADER.exec(text.toString('latin1', 0, HEADER_ROOM))
    return header !== null && take(text, header[0].length)
  } catch (error) {
    if (isCode(error, 'repository_damaged', 'object_missing')) return false
    throw error
  }
}

async function addDerived({ storage, codec }: PackPlace, index: FrameIndex, pack: string): Promise<void> {
  try {
    for (const frame of deriveFrames(await storage.get(pack), codec)) index.add(frame.id, { pack, ...frame })
  } catch (error) {
    // A pack that is damaged itself is as good as missing: what it held is stored again when it is met, and verify tells.
    if (!isCode(error, 'frame_damaged', 'object_missing')) throw error
  }
}

const isCode = (error: unknown, ...codes: ErrorCode[]) => error instanceof AppError && codes.includes(error.code)
