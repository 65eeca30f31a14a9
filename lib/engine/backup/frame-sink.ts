import type { FrameId } from '../entry.ts'
import type { Codec } from '../repository/codec.ts'

/** Where segments go. Dedup comes before compression: a reader asks first, and offers only what is not known. */
export interface FrameSink {
  /** Of the repository that they go to: names segments and cuts content. */
  readonly codec: Codec
  /** May miss a frame that is stored; what it calls known is stored, or will be with this archive. */
  isKnown(id: FrameId): boolean
  /** Uncompressed size of a frame that is stored; null when that is not known here. */
  rawBytesOf(id: FrameId): number | null
  /** Compresses and keeps a segment; `segment` may change afterwards. May return a promise to slow the reader down. */
  accept(id: FrameId, segment: Buffer, level: number): Promise<void> | undefined
}

/** zstd level of content up to `SMALL_LIMIT` and of everything that is small by nature: 3 is hardly slower there and a few percent smaller. */
export const LEVEL_SMALL = 3
/** zstd level of heads: a few fields and many zeros. */
export const LEVEL_HEAD = 1
