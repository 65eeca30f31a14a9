/** Content → segments → frames: shared by the worker threads and by the main thread's reads of critical items. */
import { createHash } from 'node:crypto'
import type { FrameId } from '../entry.ts'
import { nextCut, SMALL_LIMIT } from '../repository/chunker.ts'
import { compressFrame, frameIdOf } from '../repository/frame.ts'
import { paddingOf } from '../tar/head.ts'

/** Where new frames go. `isKnown` may miss a frame that is stored; what it calls known is stored. */
export interface FrameSink {
  isKnown(id: FrameId): boolean
  /** May return a promise to slow the reader down. */
  accept(id: FrameId, stored: Buffer, rawBytes: number): Promise<void> | undefined
}

/** Text compresses as well at level 1 as at 3 once it is long; small files gain from 3. */
const LEVEL_SMALL = 3
const LEVEL_LARGE = 1

/** Cuts a stream of bytes into body segments, hashes content and segments, and hands new frames to the sink. */
export class ContentCutter {
  readonly frames: FrameId[] = []
  private readonly content = createHash('sha256')
  private readonly sink: FrameSink
  private readonly expectedBytes: number

  constructor(sink: FrameSink, expectedBytes: number) {
    this.sink = sink
    this.expectedBytes = expectedBytes
  }

  /**
   * Consumes whole segments from the front of `bytes` and returns how many bytes it took; the caller keeps the rest and offers it again with
   * more. With `last` everything is taken, the last segment padded to a tar block.
   */
  async take(bytes: Buffer, last: boolean): Promise<number> {
    if (this.expectedBytes <= SMALL_LIMIT) return last ? await this.takeWhole(bytes) : 0
    let at = 0
    while (at < bytes.length) {
      const cut = nextCut(bytes, at, bytes.length, last)
      if (cut === -1) break
      const body = bytes.subarray(at, cut)
      this.content.update(body)
      await this.emit(last && cut === bytes.length ? padded(body, this.padding(body.length)) : body, LEVEL_LARGE)
      at = cut
    }
    return at
  }

  /** SHA-256 of all content taken, as hex. */
  digest(): string {
    return this.content.digest('hex')
  }

  private taken = 0
  private padding(lastBytes: number): number {
    return paddingOf(this.taken + lastBytes)
  }

  private async takeWhole(bytes: Buffer): Promise<number> {
    this.content.update(bytes)
    if (bytes.length > 0) await this.emit(padded(bytes, paddingOf(bytes.length)), LEVEL_SMALL)
    return bytes.length
  }

  private async emit(segment: Buffer, level: number): Promise<void> {
    this.taken += segment.length
    const id = frameIdOf(segment)
    this.frames.push(id)
    if (this.sink.isKnown(id)) return
    await this.sink.accept(id, compressFrame(segment, level), segment.length)
  }
}

function padded(bytes: Buffer, zeros: number): Buffer {
  return zeros === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(zeros)])
}
