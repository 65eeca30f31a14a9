/** A worker thread that checks frames and packs. */
import { parentPort, workerData } from 'node:worker_threads'
import { type CodecSeed, codecOf } from '../repository/codec.ts'
import { performTask, type VerifyTask } from './verify-task.ts'

const codec = codecOf((workerData as { codec: CodecSeed }).codec)

parentPort!.on('message', (task: VerifyTask) => {
  const answer = performTask(task, codec)
  parentPort!.postMessage(answer, [answer.bytes.buffer])
})
