/** A worker thread that checks frames and packs. */
import { parentPort } from 'node:worker_threads'
import { checkFrames, type FrameBatch } from './check-frames.ts'
import { checkPack, type PackToCheck } from './check-pack.ts'

/** What a verify worker is asked. */
export type VerifyTask = { kind: 'frames'; batch: FrameBatch } | { kind: 'pack'; pack: PackToCheck }

parentPort!.on('message', (task: VerifyTask) =>
  parentPort!.postMessage(task.kind === 'frames' ? checkFrames(task.batch) : checkPack(task.pack)),
)
