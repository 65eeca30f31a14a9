import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { AppError } from '#lib/base/errors.ts'
import { workerFile } from '#lib/base/worker-file.ts'
import { BatchBuffers } from '../batch-buffers.ts'
import type { Codec } from '../repository/codec.ts'
import type { BadFrame, FrameBatch, FrameToCheck } from './check-frames.ts'
import type { PackToCheck, PackVerdict } from './check-pack.ts'
import type { PackPiece } from './pack-pieces.ts'
import { performTask, type VerifyAnswer, type VerifyTask } from './verify-task.ts'

const MAX_WORKERS = 4

/** Checks frames and packs, on worker threads where that pays. `ahead` tasks a worker may wait for it. */
export class VerifyPool {
  private readonly runners: Runner[]
  private readonly ahead: number
  private readonly buffers = new BatchBuffers()

  constructor(options: { codec: Codec; isSmall: boolean; ahead: number }) {
    const count = options.isSmall ? 1 : Math.min(MAX_WORKERS, availableParallelism())
    this.ahead = options.ahead
    this.runners = Array.from({ length: count }, () =>
      options.isSmall ? new InlineRunner(options.codec) : new ThreadRunner(options.codec),
    )
  }

  /** Hands frames over; resolves when there is room for more, `onBad` hears of them later. */
  async frames(frames: FrameToCheck[], stored: Uint8Array[], storedBytes: number, onBad: (bad: BadFrame[]) => void): Promise<void> {
    const runner = await this.free()
    const batch: FrameBatch = { bytes: this.buffers.join(stored, storedBytes), frames }
    runner.ask({ kind: 'frames', batch }, batch.bytes.buffer, ({ result, bytes }) => {
      this.buffers.give(bytes)
      onBad(result as BadFrame[])
    })
  }

  /** The same for a whole pack. */
  async pack(pack: PackToCheck, onVerdict: (verdict: PackVerdict) => void): Promise<void> {
    const runner = await this.free()
    runner.ask({ kind: 'pack', pack }, pack.bytes.buffer, ({ result }) => onVerdict(result as PackVerdict))
  }

  /** The same for a piece of a pack; `onSound` hears whether it is what the index says. */
  async piece(piece: PackPiece, onSound: (isSound: boolean) => void): Promise<void> {
    const runner = await this.free()
    runner.ask({ kind: 'piece', piece }, piece.bytes.buffer, ({ result }) => onSound(result as boolean))
  }

  /** Waits until all that was handed over is answered. */
  async drain(): Promise<void> {
    for (const runner of this.runners) while (runner.waiting > 0) await runner.progress()
  }

  async close(): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.close()))
  }

  private async free(): Promise<Runner> {
    for (;;) {
      const least = this.runners.reduce((a, b) => (b.waiting < a.waiting ? b : a))
      if (least.waiting < this.ahead) return least
      await Promise.race(this.runners.map((runner) => runner.progress()))
    }
  }
}

interface Runner {
  readonly waiting: number
  ask(task: VerifyTask, transfer: ArrayBuffer, answer: (answer: VerifyAnswer) => void): void
  /** Resolves at the next answer; rejects when the worker died. */
  progress(): Promise<void>
  close(): Promise<void>
}

class InlineRunner implements Runner {
  readonly waiting = 0
  private readonly codec: Codec

  constructor(codec: Codec) {
    this.codec = codec
  }

  ask(task: VerifyTask, _transfer: ArrayBuffer, answer: (answer: VerifyAnswer) => void): void {
    answer(performTask(task, this.codec))
  }

  async progress(): Promise<void> {}
  async close(): Promise<void> {}
}

class ThreadRunner implements Runner {
  private readonly worker: Worker
  private readonly answers: ((answer: VerifyAnswer) => void)[] = []
  private watchers: { resolve: () => void; reject: (error: unknown) => void }[] = []
  private failure: AppError | null = null

  constructor({ seed }: Codec) {
    this.worker = new Worker(workerFile('verify-worker', import.meta.url), { workerData: { codec: seed } })
    this.worker.on('message', (answer: VerifyAnswer) => {
      this.answers.shift()!(answer)
      for (const { resolve } of this.watchers.splice(0)) resolve()
    })
    this.worker.on('error', (error) => {
      this.failure = new AppError('internal', { message: `A verify worker stopped: ${error.message}`, cause: error })
      for (const { reject } of this.watchers.splice(0)) reject(this.failure)
    })
  }

  get waiting(): number {
    return this.answers.length
  }

  ask(task: VerifyTask, transfer: ArrayBuffer, answer: (answer: VerifyAnswer) => void): void {
    this.answers.push(answer)
    this.worker.postMessage(task, [transfer])
  }

  progress(): Promise<void> {
    if (this.failure) return Promise.reject(this.failure)
    return new Promise((resolve, reject) => this.watchers.push({ resolve, reject }))
  }

  async close(): Promise<void> {
    await this.worker.terminate()
  }
}
