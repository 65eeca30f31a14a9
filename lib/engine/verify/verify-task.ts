/** What the verify pool and its worker threads say to each other, and how a task is done on either side. */
import type { Codec } from '../repository/codec.ts'
import { checkFrames, type FrameBatch } from './check-frames.ts'
import { checkPack, type PackToCheck } from './check-pack.ts'
import { isPieceSound, type PackPiece } from './pack-pieces.ts'

/** What a verify worker is asked. */
export type VerifyTask = { kind: 'frames'; batch: FrameBatch } | { kind: 'pack'; pack: PackToCheck } | { kind: 'piece'; piece: PackPiece }

/** What it answers; the buffer comes back to be used again. */
export interface VerifyAnswer {
  result: unknown
  bytes: Uint8Array<ArrayBuffer>
}

/** Does what is asked. */
export function performTask(task: VerifyTask, codec: Codec): VerifyAnswer {
  switch (task.kind) {
    case 'frames':
      return { result: checkFrames(task.batch, codec), bytes: task.batch.bytes }
    case 'pack':
      return { result: checkPack(task.pack, codec), bytes: task.pack.bytes }
    case 'piece':
      return { result: isPieceSound(task.piece, codec), bytes: task.piece.bytes }
  }
}
