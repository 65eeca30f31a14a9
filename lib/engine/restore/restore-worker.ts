/** A worker thread that writes files: decoding, hashing and system calls of several files go on at once. */
import { parentPort, workerData } from 'node:worker_threads'
import { runBatch, type WriteBatch } from './write-batch.ts'
import { FileSink, type FileSinkOptions } from './write-file.ts'

const sink = new FileSink(workerData as FileSinkOptions)
parentPort!.on('message', (batch: WriteBatch) => parentPort!.postMessage(runBatch(sink, batch)))
