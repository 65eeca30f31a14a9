/** What the read pool and its worker threads say to each other. */
import type { CodecSeed } from '../repository/codec.ts'
import type { SharedFrameIds } from '../repository/frame-index.ts'
import type { ReadResult, ReadTask } from './read-task.ts'

export interface WorkerStart {
  /** Of the repository's codec. */
  codec: CodecSeed
  /** Frames that are stored already, in memory shared by all threads. */
  known: SharedFrameIds
}

export type ToWorker =
  | { type: 'batch'; tasks: ReadTask[] }
  /** Post what you have: nothing more comes. */
  | { type: 'flush' }
  /** A block that was written, to be used again. */
  | { type: 'block'; memory: ArrayBuffer }

export type FromWorker =
  /** Frames back to back in `memory`; `ids` has the words of each id, `sizes` its stored and raw bytes. The memory comes back as a `block`. */
  | { type: 'frames'; ids: Uint32Array; sizes: Uint32Array; memory: ArrayBuffer }
  /** A batch is through; `stamps` holds a record for each result, in order. */
  | { type: 'done'; results: ReadResult[]; stamps: ArrayBuffer }
  | { type: 'flushed' }
  /** Bytes read of large files since the last message. */
  | { type: 'progress'; bytes: number }
  | { type: 'failed'; message: string }
