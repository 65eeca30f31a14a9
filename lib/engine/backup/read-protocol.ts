/** What the read pool and its worker threads say to each other. */
import type { FrameId } from '../entry.ts'
import type { CodecSeed } from '../repository/codec.ts'
import type { SharedFrameIds } from '../repository/frame-index.ts'
import type { LentMemory } from './lent-segments.ts'
import type { ReadResult, ReadTask } from './read-task.ts'

export interface WorkerStart {
  /** Of the repository's codec. */
  codec: CodecSeed
  /** Frames that are stored already, in memory shared by all threads. */
  known: SharedFrameIds
  lent: LentMemory
}

/** A segment that one thread lends another to compress, by its place in the memory that they share. */
export interface Lent {
  id: FrameId
  place: number
  length: number
  level: number
}

export type ToWorker =
  | { type: 'batch'; tasks: ReadTask[] }
  | { type: 'compress'; lent: Lent }
  /** Post what you have: nothing more comes. */
  | { type: 'flush' }
  /** A block that was written, to be used again. */
  | { type: 'block'; memory: ArrayBuffer }

export type FromWorker =
  /** Frames back to back in `memory`; `ids` has the words of each id, `sizes` its stored and raw bytes. The memory comes back as a `block`. */
  | { type: 'frames'; ids: Uint32Array; sizes: Uint32Array; memory: ArrayBuffer }
  /** For another thread. */
  | { type: 'lend'; lent: Lent }
  /** A batch is through; `stamps` holds a record for each result, in order. */
  | { type: 'done'; results: ReadResult[]; stamps: ArrayBuffer }
  | { type: 'flushed' }
  /** Bytes read of large files since the last message. */
  | { type: 'progress'; bytes: number }
  | { type: 'failed'; message: string }
