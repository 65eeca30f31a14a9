/** A worker thread that writes files: decoding, hashing and system calls of several files go on at once. */
import { parentPort, workerData } from 'node:worker_threads'
import { type BatchAnswer, runBatch, type WriteBatch } from './write-batch.ts'
import { FileSink, type FileSinkOptions } from './write-file.ts'

const sink = new FileSink(workerData as FileSinkOptions)
parentPort!.on('message', (batch: WriteBatch) => {
  const answer: BatchAnswer = { outcomes: runBatch(sink, batch), bytes: batch.bytes }
  parentPort!.postMessage(answer, [batch.bytes.buffer])
})
