/** Worker threads that read, cut, hash and compress; the main thread only writes what they send into packs. */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { AppError } from '#lib/base/errors.ts'
import type { FrameId } from '../entry.ts'
import type { RawPath } from '../raw-path.ts'
import type { SharedFrameIds } from '../repository/frame-index.ts'
import type { PackWriter } from '../repository/pack.ts'
import type { FileOutcome } from './read-file.ts'

export type ToWorker = { type: 'batch'; files: { slot: number; path: RawPath }[] } | { type: 'written'; bytes: number }
export type FromWorker =
  | { type: 'frames'; frames: { id: FrameId; storedBytes: number; rawBytes: number }[]; block: Uint8Array }
  | { type: 'done'; results: { slot: number; outcome: FileOutcome }[] }
  | { type: 'failed'; message: string }

/** A batch goes to a worker when it has this many files or bytes. */
const BATCH_FILES = 64
const BATCH_BYTES = 2 * 1024 * 1024
/** Batches that one worker may have in hand: one to do, one to go on with. */
const IN_HAND = 2

interface Member {
  worker: Worker
  inHand: number
}

export interface PoolEvents {
  onOutcome(slot: number, outcome: FileOutcome): void
}

/** Reads files in worker threads, started as work arrives. */
export class ReadPool {
  private readonly members: Member[] = []
  private readonly waiting: { slot: number; path: RawPath }[][] = []
  private batch: { slot: number; path: RawPath }[] = []
  private batchBytes = 0
  private writes: Promise<void> = Promise.resolve()
  private failed: unknown = null
  private wake: (() => void) | null = null
  /** Something happened that nobody has waited for yet. */
  private stirred = false
  private readonly size = Math.min(8, Math.max(1, availableParallelism()))
  private readonly packs: PackWriter
  private readonly known: SharedFrameIds
  private readonly events: PoolEvents

  constructor(packs: PackWriter, known: SharedFrameIds, events: PoolEvents) {
    this.packs = packs
    this.known = known
    this.events = events
  }

  /** Queues a file; its outcome arrives by `slot`. */
  add(slot: number, path: RawPath, sizeBytes: number): void {
    if (sizeBytes > BATCH_BYTES) {
      this.send([{ slot, path }])
      return
    }
    this.batch.push({ slot, path })
    this.batchBytes += sizeBytes
    if (this.batch.length >= BATCH_FILES || this.batchBytes >= BATCH_BYTES) this.flush()
  }

  /** Sends off a batch that is not full. */
  flush(): void {
    if (this.batch.length > 0) this.send(this.batch)
    this.batch = []
    this.batchBytes = 0
  }

  /** Resolves at the next sign of life; throws what a worker or a pack write failed with. */
  async next(signal?: AbortSignal): Promise<void> {
    this.throwIfFailed()
    signal?.throwIfAborted()
    if (!this.stirred) {
      await new Promise<void>((resolve) => {
        this.wake = resolve
        signal?.addEventListener('abort', () => resolve(), { once: true })
      })
    }
    this.stirred = false
    signal?.throwIfAborted()
    this.throwIfFailed()
  }

  /** Resolves when everything sent so far is written. */
  async settled(): Promise<void> {
    await this.writes
    this.throwIfFailed()
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await Promise.all(this.members.map(({ worker }) => worker.terminate()))
    await this.writes.catch(() => {})
  }

  private throwIfFailed(): void {
    if (this.failed) throw this.failed
  }

  private send(files: { slot: number; path: RawPath }[]): void {
    this.waiting.push(files)
    this.dispatch()
  }

  private dispatch(): void {
    while (this.waiting.length > 0) {
      const member = this.freeMember()
      if (!member) return
      member.inHand++
      member.worker.postMessage({ type: 'batch', files: this.waiting.shift()! } satisfies ToWorker)
    }
  }

  private freeMember(): Member | null {
    const idle = this.members.find((member) => member.inHand === 0)
    if (idle) return idle
    if (this.members.length < this.size) return this.start()
    return this.members.filter((member) => member.inHand < IN_HAND).sort((a, b) => a.inHand - b.inHand)[0] ?? null
  }

  private start(): Member {
    const worker = new Worker(new URL('./read-worker.ts', import.meta.url), { workerData: { known: this.known } })
    const member: Member = { worker, inHand: 0 }
    worker.on('message', (message: FromWorker) => this.receive(member, message))
    worker.on('error', (error) => this.fail(error))
    this.members.push(member)
    return member
  }

  private receive(member: Member, message: FromWorker): void {
    switch (message.type) {
      case 'frames':
        this.writes = this.writes.then(() => this.write(member, message)).catch((error: unknown) => this.fail(error))
        break
      case 'done':
        member.inHand--
        // After the writes before it: an outcome never names a frame that its pack writer has not seen.
        this.writes = this.writes.then(() => {
          for (const { slot, outcome } of message.results) this.events.onOutcome(slot, outcome)
          this.signal()
        })
        this.dispatch()
        break
      case 'failed':
        this.fail(new AppError('internal', { message: `A reading thread failed: ${message.message}` }))
        break
    }
  }

  private async write(member: Member, message: Extract<FromWorker, { type: 'frames' }>): Promise<void> {
    if (this.failed) return
    let at = 0
    for (const { id, storedBytes, rawBytes } of message.frames) {
      await this.packs.add(id, message.block.subarray(at, at + storedBytes), rawBytes)
      at += storedBytes
    }
    member.worker.postMessage({ type: 'written', bytes: at } satisfies ToWorker)
    this.signal()
  }

  private fail(error: unknown): void {
    this.failed ??= error
    this.signal()
  }

  private signal(): void {
    this.stirred = true
    this.wake?.()
    this.wake = null
  }
}
