import { Worker } from 'node:worker_threads'
import { workerFile } from '#lib/base/worker-file.ts'
import type { FileSums } from './sum-worker.ts'

/** Sums up files on a thread of its own, one after the other, so that others leave meanwhile. The thread starts when there is something to sum up. */
export class SummingThread {
  private worker: Worker | null = null
  private readonly waiting: ((sums: FileSums | null) => void)[] = []

  /** MD5 in Base64 and SHA-256 in hex; null for a file that cannot be read, or when the thread has ended. */
  sumsOf(file: string): Promise<FileSums | null> {
    const worker = this.start()
    worker.ref()
    return new Promise((resolve) => {
      this.waiting.push(resolve)
      worker.postMessage(file)
    })
  }

  /** Ends the thread; what it was asked for and has not answered is null. */
  close(): void {
    void this.worker?.terminate()
  }

  /** Starts it beforehand. */
  start(): Worker {
    if (this.worker) return this.worker
    const worker = new Worker(workerFile('sum-worker', import.meta.url))
    this.worker = worker
    worker.unref()
    worker.on('message', (sums: FileSums | null) => {
      this.waiting.shift()!(sums)
      // Nobody's process stays for a thread that has nothing to do.
      if (this.waiting.length === 0) worker.unref()
    })
    // What a thread fails with is no news of the file: it is summed up where it is asked for.
    worker.on('error', () => {})
    worker.on('exit', () => {
      if (this.worker === worker) this.worker = null
      for (const resolve of this.waiting.splice(0)) resolve(null)
    })
    return worker
  }
}
