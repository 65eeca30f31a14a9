/**
 * A worker's frames: compressed straight into blocks of memory that go to the main thread as they are and come back when they are written. There is a fixed
 * number of blocks, so a reader that is faster than the disk waits for one.
 */
import type { FrameId } from '../entry.ts'
import { MAX_CHUNK } from '../repository/chunker.ts'
import type { Codec } from '../repository/codec.ts'
import { compressBound, compressFrameInto } from '../repository/frame.ts'
import { type SharedFrameIds, sharedHas, sharedRawBytes } from '../repository/frame-index.ts'
import { ID_WORDS, writeIdWords } from '../repository/index-lines.ts'
import { BLOCK } from '../tar/head.ts'
import type { FrameSink } from './frame-sink.ts'

const BLOCKS = 3
const BLOCK_BYTES = compressBound(MAX_CHUNK + BLOCK)
/** Ids remembered besides the shared table; a frame forgotten is compressed once more and then dropped by the main thread. */
const REMEMBERED = 50_000

/** Takes a segment off this thread's hands; false when nobody else has time. */
export type LendSegment = (id: FrameId, segment: Buffer, level: number) => boolean

export type PostBlock = (ids: Uint32Array, sizes: Uint32Array, memory: ArrayBuffer) => void

export class BlockSink implements FrameSink {
  readonly codec: Codec
  private readonly known: SharedFrameIds
  private readonly post: PostBlock
  private readonly lend: LendSegment
  private readonly scratch = new Uint32Array(8)
  /** Frames of this worker that the shared table may not have yet, in two generations. */
  private recent = new Set<FrameId>()
  private earlier = new Set<FrameId>()
  private readonly free: ArrayBuffer[] = []
  private made = 0
  private block: Buffer | null = null
  private used = 0
  /** Of the frames in the block: words of ids, and sizes. */
  private ids = new Uint32Array(ID_WORDS * 256)
  private sizes = new Uint32Array(2 * 256)
  private count = 0
  private resume: (() => void) | null = null

  constructor(codec: Codec, known: SharedFrameIds, parts: { post: PostBlock; lend: LendSegment }) {
    this.codec = codec
    this.known = known
    this.post = parts.post
    this.lend = parts.lend
  }

  isKnown(id: FrameId): boolean {
    return this.recent.has(id) || this.earlier.has(id) || sharedHas(this.known, id, this.scratch)
  }

  rawBytesOf(id: FrameId): number | null {
    return sharedRawBytes(this.known, id, this.scratch)
  }

  accept(id: FrameId, segment: Buffer, level: number): Promise<void> | undefined {
    if (!this.lend(id, segment, level)) return this.compress(id, segment, level)
    this.remember(id)
    return undefined
  }

  /** Compresses a segment on this thread, whoever found it. */
  compress(id: FrameId, segment: Buffer, level: number): Promise<void> | undefined {
    const room = compressBound(segment.length)
    if (this.block && this.block.length - this.used < room) this.flush()
    if (this.block === null && !this.takeBlock()) return this.afterBlock(id, segment, level)
    const length = compressFrameInto(segment, level, this.block!, this.used)
    this.used += length
    this.note(id, length, segment.length)
    this.remember(id)
    return undefined
  }

  /** Posts what there is. */
  flush(): void {
    if (this.block === null || this.count === 0) return
    this.post(this.ids.slice(0, this.count * ID_WORDS), this.sizes.slice(0, this.count * 2), this.block.buffer as ArrayBuffer)
    this.block = null
    this.used = 0
    this.count = 0
  }

  /** A block is back. */
  giveBack(memory: ArrayBuffer): void {
    this.free.push(memory)
    this.resume?.()
    this.resume = null
  }

  private takeBlock(): boolean {
    let memory = this.free.pop()
    if (!memory && this.made < BLOCKS) {
      memory = new ArrayBuffer(BLOCK_BYTES)
      this.made++
    }
    this.block = memory ? Buffer.from(memory) : null
    return this.block !== null
  }

  private async afterBlock(id: FrameId, segment: Buffer, level: number): Promise<void> {
    await new Promise<void>((resolve) => (this.resume = resolve))
    await this.compress(id, segment, level)
  }

  private note(id: FrameId, storedBytes: number, rawBytes: number): void {
    const n = this.count++
    if (n * 2 === this.sizes.length) {
      this.ids = doubled(this.ids)
      this.sizes = doubled(this.sizes)
    }
    writeIdWords(id, this.ids, n * ID_WORDS)
    this.sizes[n * 2] = storedBytes
    this.sizes[n * 2 + 1] = rawBytes
  }

  private remember(id: FrameId): void {
    this.recent.add(id)
    if (this.recent.size < REMEMBERED) return
    this.earlier = this.recent
    this.recent = new Set()
  }
}

function doubled(words: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(words.length * 2)
  larger.set(words)
  return larger
}
