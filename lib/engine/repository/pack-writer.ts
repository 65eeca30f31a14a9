/**
 * Packs: frames back to back, named by the SHA-256 of the file, with an index object beside each. Write order: pack durable → index durable; an index never
 * names a pack that is not there.
 */
import { createHash, type Hash } from 'node:crypto'
import { AppError } from '#lib/base/errors.ts'
import type { FrameId } from '../entry.ts'
import type { ObjectWriter, Storage } from '../storage/storage.ts'
import type { Codec, PackSealer } from './codec.ts'
import { FrameIndex } from './frame-index.ts'
import { ID_WORDS, writeIdWords } from './index-lines.ts'
import { indexNameOf, PACK_BYTES, type PackKind, type PackPlace, packName } from './pack.ts'
import { formatIndex } from './pack-index.ts'
import { sealObject } from './seal.ts'

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
