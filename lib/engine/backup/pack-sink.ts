import type { FrameId } from '../entry.ts'
import type { Codec } from '../repository/codec.ts'
import { compressFrame } from '../repository/frame.ts'
import type { FrameIndex } from '../repository/frame-index.ts'
import type { PackWriter } from '../repository/pack-writer.ts'
import type { FrameSink } from './frame-sink.ts'

/** Larger segments wait until they are written. */
const QUEUE_BYTES = 64 * 1024

/** The main thread's own way into packs: for folders, links, critical items and a handful of small files. */
export class PackSink implements FrameSink {
  readonly codec: Codec
  readonly packs: PackWriter
  private readonly index: FrameIndex

  constructor(codec: Codec, packs: PackWriter, index: FrameIndex) {
    this.codec = codec
    this.packs = packs
    this.index = index
  }

  isKnown(id: FrameId): boolean {
    return this.packs.has(id)
  }

  rawBytesOf(id: FrameId): number | null {
    return this.index.get(id)?.rawBytes ?? null
  }

  accept(id: FrameId, segment: Buffer, level: number): Promise<void> | undefined {
    this.packs.add(id, compressFrame(segment, level), segment.length)
    return segment.length > QUEUE_BYTES ? this.packs.written() : undefined
  }
}
