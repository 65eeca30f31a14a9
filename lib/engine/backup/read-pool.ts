/**
 * Worker threads that read, cut, hash and compress; the main thread only writes what they send into packs. They are started when there is enough to do: a
 * handful of small files is read sooner than a thread starts.
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { AppError } from '#lib/base/errors.ts'
import { workerFile } from '#lib/base/worker-file.ts'
import type { SharedFrameIds } from '../repository/frame-index.ts'
import { ID_WORDS } from '../repository/index-lines.ts'
import type { PackWriter } from '../repository/pack-writer.ts'
import { FileReader } from './file-reader.ts'
import { LentSegments } from './lent-segments.ts'
import type { PackSink } from './pack-sink.ts'
import type { FromWorker, Lent, ToWorker, WorkerStart } from './read-protocol.ts'
import { type ReadResult, type ReadTask, readForArchive } from './read-task.ts'
import { newStamps } from './stamp.ts'

/** A batch goes to a worker when it has this many files or bytes; a larger file is a batch of its own. */
const BATCH_FILES = 64
const BATCH_BYTES = 2 * 1024 * 1024
/** Below these, everything is read without threads. */
const INLINE_FILES = 200
const INLINE_BYTES = 4 * 1024 * 1024
const MOST_WORKERS = 8
/** From this size on, a file that is read alone is worth a thread more. */
const LARGE_BYTES = 16 * 1024 * 1024
/** The readers' heaps hold next to nothing; without a bound they would let garbage pile up. */
const HEAP_LIMITS = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 512 }

interface Batch {
  tasks: ReadTask[]
  bytes: number
}

interface Member {
  worker: Worker
  inHand: Batch[]
  /** Segments of others that it was given so far. */
  lent: number
  isFlushed: boolean
}

export interface ReadPoolParts {
  sink: PackSink
  known: SharedFrameIds
  /** The `n`-th record of `stamps` belongs to the result. */
  onResult(result: ReadResult, stamps: Uint8Array, n: number): void
  /** Bytes read within large files. */
  onBytes(bytes: number): void
}

/** Reads files in the order that suits the machine; results come by slot. */
export class ReadPool {
  private readonly members: Member[] = []
  private readonly waiting: Batch[] = []
  private batch: Batch = { tasks: [], bytes: 0 }
  private added = { files: 0, bytes: 0 }
  private writes: Promise<void> = Promise.resolve()
  private failed: unknown = null
  private wake: (() => void) | null = null
  /** Something happened that nobody has waited for yet. */
  private stirred = false
  private isClosed = false
  private readonly size = Math.min(MOST_WORKERS, Math.max(1, availableParallelism()))
  private readonly lent = LentSegments.among(this.size)
  private readonly parts: ReadPoolParts
  private readonly packs: PackWriter

  constructor(parts: ReadPoolParts) {
    this.parts = parts
    this.packs = parts.sink.packs
  }

  /** Queues a file. */
  add(task: ReadTask, sizeBytes: number): void {
    this.added.files++
    this.added.bytes += sizeBytes
    if (sizeBytes > BATCH_BYTES) this.waiting.push({ tasks: [task], bytes: sizeBytes })
    else {
      this.batch.tasks.push(task)
      this.batch.bytes += sizeBytes
      if (this.batch.tasks.length >= BATCH_FILES || this.batch.bytes >= BATCH_BYTES) this.endBatch()
    }
    if (this.isWorthThreads) this.dispatch()
  }

  /** True once threads are at work: then the walk should let the event loop run now and then. */
  get isWorthThreads(): boolean {
    return this.added.files > INLINE_FILES || this.added.bytes > INLINE_BYTES
  }

  /** Nothing more is added: sends off what is queued, or reads it here and now. */
  async end(signal?: AbortSignal): Promise<void> {
    this.endBatch()
    if (!this.isWorthThreads) return await this.readInline(signal)
    this.dispatch()
    this.startHelpers()
  }

  /** Resolves at the next sign of life; throws what a worker or a pack write failed with. */
  async next(): Promise<void> {
    this.throwIfFailed()
    if (!this.stirred) await new Promise<void>((resolve) => (this.wake = resolve))
    this.stirred = false
    this.throwIfFailed()
  }

  /** Makes `next` return, e.g. because somebody cancelled. */
  stir(): void {
    this.stirred = true
    this.wake?.()
    this.wake = null
  }

  /** Resolves when all frames of all files have reached the pack writer. Call it when every result is there. */
  async drain(): Promise<void> {
    for (const { worker } of this.members) tell(worker, { type: 'flush' })
    while (!this.members.every(({ isFlushed }) => isFlushed)) await this.next()
    await this.writes
    this.throwIfFailed()
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    this.isClosed = true
    await Promise.all(this.members.map(({ worker }) => worker.terminate()))
    await this.writes
  }

  private throwIfFailed(): void {
    if (this.failed) throw this.failed
  }

  private endBatch(): void {
    if (this.batch.tasks.length > 0) this.waiting.push(this.batch)
    this.batch = { tasks: [], bytes: 0 }
  }

  private async readInline(signal?: AbortSignal): Promise<void> {
    const tasks = this.waiting.splice(0).flatMap((batch) => batch.tasks)
    if (tasks.length === 0) return
    const reader = new FileReader(this.parts.sink)
    const stamps = newStamps(1)
    try {
      for (const task of tasks) {
        signal?.throwIfAborted()
        this.parts.onResult(await readForArchive(task, reader, this.parts.sink, stamps, 0), stamps.bytes, 0)
      }
    } finally {
      reader.release()
    }
    this.stir()
  }

  private dispatch(): void {
    while (this.waiting.length > 0) {
      const member = this.freeMember()
      if (!member) break
      const batch = this.takeBatch()
      member.inHand.push(batch)
      tell(member.worker, { type: 'batch', tasks: batch.tasks })
    }
    this.lent.setHands(this.idle().length)
  }

  /** Threads without anything to read. */
  private idle(): Member[] {
    return this.members.filter(({ inHand }) => inHand.length === 0)
  }

  /** When nothing more comes, threads that were not needed help those that read something large. */
  private startHelpers(): void {
    const large = this.members.filter(({ inHand }) => inHand.some(({ bytes }) => bytes >= LARGE_BYTES))
    if (large.length === 0) return
    while (this.members.length < this.size) this.start()
    this.lent.setHands(this.idle().length)
  }

  /** Passes a segment on to a thread that has nothing else to do, or to any other: its place has to be given back. */
  private passOn(from: Member, lent: Lent): void {
    const others = this.members.filter((member) => member !== from)
    const free = others.filter(({ inHand }) => inHand.length === 0)
    const [to = from] = (free.length > 0 ? free : others).sort((a, b) => a.lent - b.lent)
    to.lent++
    tell(to.worker, { type: 'compress', lent })
  }

  /** The largest first, so that no thread is left alone with it at the end. */
  private takeBatch(): Batch {
    let largest = 0
    for (let i = 1; i < this.waiting.length; i++) if (this.waiting[i]!.bytes > this.waiting[largest]!.bytes) largest = i
    return this.waiting.splice(this.waiting[largest]!.bytes > BATCH_BYTES ? largest : 0, 1)[0]!
  }

  /** An idle thread, or one that works on something small and should find more when it is done. */
  private freeMember(): Member | null {
    const idle = this.members.find(({ inHand }) => inHand.length === 0)
    if (idle) return idle
    if (this.members.length < this.size) return this.start()
    return this.members.find(({ inHand }) => inHand.length === 1 && inHand[0]!.bytes <= BATCH_BYTES) ?? null
  }

  private start(): Member {
    const workerData: WorkerStart = { codec: this.parts.sink.codec.seed, known: this.parts.known, lent: this.lent.memory }
    const worker = new Worker(workerFile('read-worker', import.meta.url), { workerData, resourceLimits: HEAP_LIMITS })
    const member: Member = { worker, inHand: [], lent: 0, isFlushed: false }
    worker.on('message', (message: FromWorker) => this.receive(member, message))
    worker.on('error', (error) => this.fail(error))
    worker.on('exit', (code) => this.fail(new AppError('internal', { message: `A reading thread ended early (${code}).` })))
    this.members.push(member)
    return member
  }

  private receive(member: Member, message: FromWorker): void {
    switch (message.type) {
      case 'frames':
        this.writes = this.writes.then(() => this.write(member, message)).catch((error: unknown) => this.fail(error))
        break
      case 'lend':
        this.passOn(member, message.lent)
        break
      case 'done': {
        member.inHand.shift()
        const stamps = new Uint8Array(message.stamps)
        for (const [n, result] of message.results.entries()) this.parts.onResult(result, stamps, n)
        this.dispatch()
        this.stir()
        break
      }
      case 'flushed':
        member.isFlushed = true
        this.stir()
        break
      case 'progress':
        this.parts.onBytes(message.bytes)
        break
      case 'failed':
        this.fail(new AppError('internal', { message: `A reading thread failed: ${message.message}` }))
        break
      default:
        message satisfies never
    }
  }

  private async write(member: Member, { ids, sizes, memory }: Extract<FromWorker, { type: 'frames' }>): Promise<void> {
    if (this.failed || this.isClosed) return
    let at = 0
    for (let i = 0; i < sizes.length / 2; i++) {
      const storedBytes = sizes[i * 2]!
      this.packs.addWords(ids, i * ID_WORDS, new Uint8Array(memory, at, storedBytes), sizes[i * 2 + 1]!)
      at += storedBytes
    }
    await this.packs.written()
    tell(member.worker, { type: 'block', memory }, [memory])
    this.stir()
  }

  private fail(error: unknown): void {
    if (!this.isClosed) this.failed ??= error
    this.stir()
  }
}

function tell(worker: Worker, message: ToWorker, transfer: ArrayBuffer[] = []): void {
  worker.postMessage(message, transfer)
}
