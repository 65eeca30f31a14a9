/** One thread's worth of writing: what it is to write is read on this thread and goes to it in batches, or is written here where threads do not pay. */
import { Worker } from 'node:worker_threads'
import { isAppError } from '#lib/base/errors.ts'
import { workerFile } from '#lib/base/worker-file.ts'
import { BatchBuffers } from '../batch-buffers.ts'
import type { FrameId } from '../entry.ts'
import type { ArchiveReader } from '../repository/repository.ts'
import { type BatchAnswer, runBatch, type WriteBatch, type WriteStep } from './write-batch.ts'
import { type FileFailure, type FileHead, type FileOutcome, FileSink, type FileSinkOptions, outcomeOf } from './write-file.ts'

/** A file, or a part of one, for one lane. */
export interface LaneTask {
  head: FileHead
  /** Content frames. */
  frames: readonly FrameId[]
  /** How much is written. */
  bytes: number
  done: (outcome: FileOutcome) => void
}

const BATCH_BYTES = 1024 * 1024
const BATCH_STEPS = 512
const BATCHES_AHEAD = 2
const QUEUE_TASKS = 256
const QUEUE_BYTES = 128 * 1024 * 1024

/** Carries out batches; answers in the order they were given, and hands the batch's buffer back. */
export interface Runner {
  run(batch: WriteBatch): Promise<BatchAnswer>
  close(): Promise<void>
}

export class Lane {
  queuedBytes = 0
  private readonly reader: ArchiveReader
  private readonly runner: Runner
  private readonly onBatch: (bytes: number) => void
  private readonly queue: LaneTask[] = []
  private readonly open: LaneTask[] = []
  private running = false
  private steps: WriteStep[] = []
  private readonly buffers = new BatchBuffers()
  /** Where the frames of the next batch lie, back to back. */
  private batch: Buffer<ArrayBuffer> = this.buffers.take()
  private batchBytes = 0
  private batchRawBytes = 0
  private readonly ahead: Promise<void>[] = []

  constructor(reader: ArchiveReader, runner: Runner, onBatch: (bytes: number) => void) {
    this.reader = reader
    this.runner = runner
    this.onBatch = onBatch
  }

  get hasRoom(): boolean {
    return this.queue.length < 1 || (this.queue.length < QUEUE_TASKS && this.queuedBytes < QUEUE_BYTES)
  }

  get isBusy(): boolean {
    return this.running || this.open.length > 0
  }

  add(task: LaneTask): void {
    this.queue.push(task)
    this.queuedBytes += task.bytes + 1
    if (this.running) return
    this.running = true
    queueMicrotask(() => void this.work())
  }

  dropQueue(): void {
    for (const task of this.queue.splice(0)) {
      this.queuedBytes -= task.bytes + 1
      task.done({ ok: false, code: 'cancelled', message: 'cancelled' })
    }
  }

  close(): Promise<void> {
    return this.runner.close()
  }

  private async work(): Promise<void> {
    for (let task = this.queue.shift(); task; task = this.queue.shift()) await this.feed(task)
    await this.send()
    await Promise.all(this.ahead)
    this.running = false
    // Tasks that came in while the last batch was on its way.
    if (this.queue.length > 0) {
      this.running = true
      queueMicrotask(() => void this.work())
    }
    this.onBatch(0)
  }

  private async feed(task: LaneTask): Promise<void> {
    this.open.push(task)
    this.steps.push({ step: 'head', head: task.head })
    try {
      for (const id of task.frames) {
        // Read to where it is to lie: memory of its own for each frame cost more than reading it.
        const { bytes, rawBytes } = await this.reader.stored(id, this.batch.subarray(this.batchBytes))
        if (bytes.buffer !== this.batch.buffer) await this.copy(bytes)
        this.steps.push({ step: 'frame', from: this.batchBytes, to: this.batchBytes + bytes.length, rawBytes })
        this.batchBytes += bytes.length
        this.batchRawBytes += rawBytes
        if (this.batchBytes >= BATCH_BYTES) await this.send()
      }
    } catch (error) {
      this.steps.push({
        step: 'abandon',
        outcome: isAppError(error) ? outcomeOf(error) : { ok: false, code: 'io_failed', message: String(error) },
      })
    }
    this.steps.push({ step: 'end' })
    if (this.steps.length >= BATCH_STEPS) await this.send()
  }

  /** A frame that did not fit, or that was unsealed. */
  private async copy(bytes: Uint8Array): Promise<void> {
    if (this.batchBytes + bytes.length > this.batch.length) {
      await this.send()
      if (bytes.length > this.batch.length) this.batch = this.buffers.take(bytes.length)
    }
    this.batch.set(bytes, this.batchBytes)
  }

  private async send(): Promise<void> {
    if (this.steps.length === 0) return
    const batch = { bytes: new Uint8Array(this.batch.buffer), steps: this.steps }
    const { batchRawBytes } = this
    this.batch = this.buffers.take()
    this.steps = []
    this.batchBytes = 0
    this.batchRawBytes = 0
    while (this.ahead.length >= BATCHES_AHEAD) await this.ahead[0]
    const sent: Promise<void> = this.runner.run(batch).then(({ outcomes, bytes }) => {
      this.buffers.give(bytes)
      this.ahead.splice(this.ahead.indexOf(sent), 1)
      for (const outcome of outcomes) {
        const task = this.open.shift()!
        this.queuedBytes -= task.bytes + 1
        task.done(outcome)
      }
      this.onBatch(batchRawBytes)
    })
    this.ahead.push(sent)
  }
}

/** Writes on this thread. */
export function inlineRunner(options: FileSinkOptions): Runner {
  const sink = new FileSink(options)
  return { run: async (batch) => ({ outcomes: runBatch(sink, batch), bytes: batch.bytes }), close: async () => {} }
}

/** Writes on a thread of its own. */
export function workerRunner(options: FileSinkOptions): Runner {
  const worker = new Worker(workerFile('restore-worker', import.meta.url), { workerData: options })
  const waiting: { resolve: (answer: BatchAnswer) => void; files: number }[] = []
  let failure: FileFailure | null = null
  const failed = (files: number): BatchAnswer => ({ outcomes: Array.from({ length: files }, () => failure!), bytes: new Uint8Array(0) })
  worker.on('message', (answer: BatchAnswer) => waiting.shift()!.resolve(answer))
  worker.on('error', (error) => {
    failure = { ok: false, code: 'io_failed', message: `a worker stopped: ${error.message}` }
    for (const { resolve, files } of waiting.splice(0)) resolve(failed(files))
  })
  return {
    run: (batch) =>
      new Promise((resolve) => {
        const files = batch.steps.filter((step) => step.step === 'end').length
        if (failure) return resolve(failed(files))
        waiting.push({ resolve, files })
        worker.postMessage(batch, [batch.bytes.buffer])
      }),
    close: async () => void (await worker.terminate()),
  }
}
