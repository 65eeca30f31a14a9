/** A worker thread of the read pool: reads batches of files, and hands frames that are not known yet to the main thread. */
import { parentPort, workerData } from 'node:worker_threads'
import { codecOf } from '../repository/codec.ts'
import { BlockSink } from './block-sink.ts'
import { FileReader } from './file-reader.ts'
import { LentSegments } from './lent-segments.ts'
import type { FromWorker, ToWorker, WorkerStart } from './read-protocol.ts'
import { type ReadResult, readForArchive } from './read-task.ts'
import { newStamps } from './stamp.ts'

/** Progress within large files is told this often. */
const PROGRESS_BYTES = 16 * 1024 * 1024

const port = parentPort!
const post = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer)
const { codec, known, lent } = workerData as WorkerStart
const segments = new LentSegments(lent)
const sink = new BlockSink(codecOf(codec), known, {
  post: (ids, sizes, memory) => post({ type: 'frames', ids, sizes, memory }, [memory]),
  lend: (id, segment, level) => {
    const place = segments.lend(segment)
    if (place === null) return false
    post({ type: 'lend', lent: { id, place, length: segment.length, level } })
    return true
  },
})
const reader = new FileReader(sink, countBytes)

let unreported = 0
function countBytes(bytes: number): void {
  unreported += bytes
  if (unreported < PROGRESS_BYTES) return
  post({ type: 'progress', bytes: unreported })
  unreported = 0
}

async function readBatch({ tasks }: Extract<ToWorker, { type: 'batch' }>): Promise<void> {
  const stamps = newStamps(tasks.length)
  const results: ReadResult[] = []
  for (const [n, task] of tasks.entries()) results.push(await readForArchive(task, reader, sink, stamps, n))
  reader.release()
  const memory = stamps.bytes.buffer as ArrayBuffer
  post({ type: 'done', results, stamps: memory }, [memory])
}

async function compress({ lent: { id, place, length, level } }: Extract<ToWorker, { type: 'compress' }>): Promise<void> {
  try {
    if (!sink.isKnown(id)) await sink.compress(id, segments.at(place, length), level)
  } finally {
    segments.giveBack(place)
  }
}

let queue: Promise<void> = Promise.resolve()
function enqueue(work: () => Promise<void> | void): void {
  queue = queue
    .then(work)
    .catch((error: unknown) => post({ type: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }))
}

port.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'batch':
      enqueue(() => readBatch(message))
      break
    case 'compress':
      enqueue(() => compress(message))
      break
    case 'flush':
      enqueue(() => {
        sink.flush()
        post({ type: 'flushed' })
      })
      break
    case 'block':
      sink.giveBack(message.memory)
  }
})
