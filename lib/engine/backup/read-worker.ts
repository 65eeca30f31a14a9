/** A worker thread of the read pool: reads batches of files, and hands frames that are not known yet to the main thread. */
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '#lib/base/clock.ts'
import type { FrameId } from '../entry.ts'
import { type SharedFrameIds, sharedHas } from '../repository/frame-index.ts'
import type { FrameSink } from './file-content.ts'
import { readFile } from './read-file.ts'
import type { FromWorker, ToWorker } from './read-pool.ts'

/** Frames are posted together once this many bytes wait, and the reader pauses while this many are not written yet. */
const POST_BYTES = 1024 * 1024
const MOST_UNWRITTEN = 12 * 1024 * 1024

const port = parentPort!
const { known } = workerData as { known: SharedFrameIds }
const scratch = new Uint32Array(8)
/** Frames this worker has sent: they are not in the shared table until their pack is durable. */
const sent = new Set<FrameId>()
let unwritten = 0
let resume: (() => void) | null = null

let waiting: { id: FrameId; stored: Buffer; rawBytes: number }[] = []
let waitingBytes = 0

const sink: FrameSink = {
  isKnown: (id) => sharedHas(known, id, scratch) || sent.has(id),
  accept(id, stored, rawBytes) {
    sent.add(id)
    waiting.push({ id, stored, rawBytes })
    waitingBytes += stored.length
    if (waitingBytes >= POST_BYTES) postFrames()
    if (unwritten > MOST_UNWRITTEN) return new Promise<void>((resolve) => (resume = resolve))
    return undefined
  },
}

function postFrames(): void {
  if (waiting.length === 0) return
  // One transferable block a message: a small frame may share its buffer with others.
  const block = new Uint8Array(waitingBytes)
  let at = 0
  const frames = waiting.map(({ id, stored, rawBytes }) => {
    block.set(stored, at)
    at += stored.length
    return { id, storedBytes: stored.length, rawBytes }
  })
  unwritten += waitingBytes
  port.postMessage({ type: 'frames', frames, block } satisfies FromWorker, [block.buffer])
  waiting = []
  waitingBytes = 0
}

async function readBatch(message: Extract<ToWorker, { type: 'batch' }>): Promise<void> {
  for (const { slot, path } of message.files) {
    const outcome = await readFile(path, sink, systemClock.realNowMs())
    if (waiting.length > 0 && waitingBytes >= POST_BYTES) postFrames()
    results.push({ slot, outcome })
  }
  postFrames()
  port.postMessage({ type: 'done', results } satisfies FromWorker)
  results = []
}
let results: Extract<FromWorker, { type: 'done' }>['results'] = []

let queue: Promise<void> = Promise.resolve()
port.on('message', (message: ToWorker) => {
  if (message.type === 'written') {
    unwritten -= message.bytes
    if (unwritten <= MOST_UNWRITTEN) {
      resume?.()
      resume = null
    }
    return
  }
  queue = queue
    .then(() => readBatch(message))
    .catch((error: unknown) => port.postMessage({ type: 'failed', message: String(error) } satisfies FromWorker))
})
