/** A worker thread that checks frames and packs. */
import { parentPort, workerData } from 'node:worker_threads'
import { type CodecSeed, codecOf } from '../repository/codec.ts'
import { checkFrames, type FrameBatch } from './check-frames.ts'
import { checkPack, type PackToCheck } from './check-pack.ts'

/** What a verify worker is asked. */
export type VerifyTask = { kind: 'frames'; batch: FrameBatch } | { kind: 'pack'; pack: PackToCheck }

/** What it answers; the buffer comes back to be used again. */
export interface VerifyAnswer {
  result: unknown
  bytes: Uint8Array<ArrayBuffer>
}

const codec = codecOf((workerData as { codec: CodecSeed }).codec)

parentPort!.on('message', (task: VerifyTask) => {
  const bytes = task.kind === 'frames' ? task.batch.bytes : task.pack.bytes
  const answer: VerifyAnswer = { result: task.kind === 'frames' ? checkFrames(task.batch, codec) : checkPack(task.pack, codec), bytes }
  parentPort!.postMessage(answer, [bytes.buffer])
})
