/**
 * Storage that tries again what failed and may go better (`retryable`), after waits that double, with jitter, until a deadline. A call whose answer was lost
 * may have done its work: an object that is there at the second attempt counts as put when it holds the same bytes, one that is gone as moved or removed.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { AppError, isAppError } from '#lib/base/errors.ts'
import { isBodyOf, type ObjectBody, type ObjectSource, sizeOfBody } from './object-source.ts'
import { overlaid } from './overlaid.ts'
import type { Immutability, ObjectLock, ObjectWriter, Storage } from './storage.ts'
import { objectExists } from './storage-errors.ts'

export interface RetryOptions {
  /** From the first attempt on, no further one begins later than this (5 minutes). */
  deadlineMs?: number
  /** The first wait (500 ms) and the longest (30 s). */
  firstWaitMs?: number
  longestWaitMs?: number
  /** Ends a wait with `cancelled`. */
  signal?: AbortSignal | undefined
  /** Told before each wait. */
  onRetry?: (error: AppError, waitMs: number) => void
  /** From 0 up to 1. */
  random?: () => number
  monotonicMs?: () => number
}

const USUAL = { deadlineMs: 300_000, firstWaitMs: 500, longestWaitMs: 30_000, random: Math.random, monotonicMs: () => performance.now() }

/** Wraps a storage so that failures of a network are tried again. */
export function withRetry(storage: Storage, options: RetryOptions = {}): Storage {
  // What a storage is, besides what it does, it stays.
  return overlaid(storage, new RetryStorage(storage, new Retrier(options)))
}

class Retrier {
  private readonly options: RetryOptions & typeof USUAL

  constructor(options: RetryOptions) {
    this.options = { ...USUAL, ...options }
  }

  /** `work` is told how many attempts failed before. */
  async run<T>(work: (failedBefore: number) => Promise<T>): Promise<T> {
    const { deadlineMs, monotonicMs } = this.options
    const startedMs = monotonicMs()
    for (let failed = 0; ; failed++) {
      try {
        return await work(failed)
      } catch (error) {
        if (!isAppError(error) || !error.retryable) throw error
        const waitMs = this.waitMs(failed)
        if (monotonicMs() + waitMs - startedMs > deadlineMs) throw error
        await this.wait(error, waitMs)
      }
    }
  }

  private waitMs(failed: number): number {
    const { firstWaitMs, longestWaitMs, random } = this.options
    const wait = Math.min(firstWaitMs * 2 ** failed, longestWaitMs)
    // Half of it is by chance, so that hosts that failed together do not come back together.
    return wait / 2 + (wait / 2) * random()
  }

  private async wait(error: AppError, waitMs: number): Promise<void> {
    const { signal, onRetry } = this.options
    onRetry?.(error, waitMs)
    try {
      await delay(waitMs, undefined, { signal })
    } catch (cause) {
      throw new AppError('cancelled', { message: 'Cancelled while a store was waited for.', cause })
    }
  }
}

class RetryStorage implements Storage {
  readonly location: string
  readonly immutability?: Immutability
  readonly lookAhead?: (source: ObjectSource) => Promise<void>
  private readonly inner: Storage
  private readonly retrier: Retrier

  constructor(inner: Storage, retrier: Retrier) {
    this.inner = inner
    this.location = inner.location
    this.retrier = retrier
    if (inner.lookAhead) this.lookAhead = (source) => inner.lookAhead!(source)
    if (inner.immutability) this.immutability = new RetryImmutability(this, inner.immutability, retrier)
  }

  put(name: string, body: ObjectBody, sha256?: string): Promise<void> {
    return this.retrier.run(async (failedBefore) => {
      try {
        await this.inner.put(name, body, sha256)
      } catch (error) {
        if (failedBefore === 0 || !isTaken(error) || !(await this.holds(name, body))) throw error
      }
    })
  }

  /** Tried by itself: were the whole put begun again for it, two calls would have to go well in a row. */
  async holds(name: string, body: ObjectBody): Promise<boolean> {
    const info = await this.stat(name)
    return info?.sizeBytes === sizeOfBody(body) && isBodyOf(await this.get(name), body)
  }

  replace(name: string, bytes: Uint8Array): Promise<void> {
    return this.retrier.run(() => this.inner.replace(name, bytes))
  }

  /** Gathers the object, so that it can be written again from its beginning. */
  async create(): Promise<ObjectWriter> {
    return new RetryWriter(this)
  }

  get(name: string): Promise<Buffer> {
    return this.retrier.run(() => this.inner.get(name))
  }

  read(name: string, offset: number, length: number): Promise<Buffer> {
    return this.retrier.run(() => this.inner.read(name, offset, length))
  }

  stat(name: string) {
    return this.retrier.run(() => this.inner.stat(name))
  }

  list(prefix: string): AsyncIterable<{ name: string; sizeBytes: number }> {
    return listAgain(
      this.retrier,
      () => this.inner.list(prefix),
      ({ name }) => name,
    )
  }

  move(from: string, to: string): Promise<void> {
    return this.retrier.run(async (failedBefore) => {
      try {
        await this.inner.move(from, to)
      } catch (error) {
        if (failedBefore === 0 || !isAppError(error)) throw error
        if (error.code === 'object_missing' && (await this.stat(to))) return
        if (error.code !== 'object_exists') throw error
        // It was copied, and perhaps not yet removed.
        if (!(await this.stat(from))) return
        if (!(await this.holds(to, await this.get(from)))) throw error
        await this.remove(from)
      }
    })
  }

  remove(name: string): Promise<void> {
    return this.retrier.run(() => this.inner.remove(name))
  }

  removeUnfinished(): Promise<number> {
    return this.retrier.run(() => this.inner.removeUnfinished())
  }

  freeBytes() {
    return this.retrier.run(() => this.inner.freeBytes())
  }

  get traits() {
    return this.inner.traits && ((existing: string) => this.retrier.run(() => this.inner.traits!(existing)))
  }

  close(): void {
    this.inner.close()
  }
}

class RetryImmutability implements Immutability {
  private readonly storage: RetryStorage
  private readonly inner: Immutability
  private readonly retrier: Retrier

  constructor(storage: RetryStorage, inner: Immutability, retrier: Retrier) {
    this.storage = storage
    this.inner = inner
    this.retrier = retrier
  }

  get mode() {
    return this.inner.mode
  }

  nowMs(): Promise<number> {
    return this.retrier.run(() => this.inner.nowMs())
  }

  putLocked(name: string, body: ObjectBody, untilMs: number, sha256?: string): Promise<ObjectLock> {
    return this.retrier.run(async (failedBefore) => {
      try {
        return await this.inner.putLocked(name, body, untilMs, sha256)
      } catch (error) {
        if (failedBefore === 0 || !isTaken(error) || !(await this.storage.holds(name, body))) throw error
        return this.lock(name, untilMs)
      }
    })
  }

  lock(name: string, untilMs: number): Promise<ObjectLock> {
    return this.retrier.run(() => this.inner.lock(name, untilMs))
  }

  lockOf(name: string): Promise<ObjectLock | null> {
    return this.retrier.run(() => this.inner.lockOf(name))
  }

  listTampering(prefix: string) {
    return listAgain(
      this.retrier,
      () => this.inner.listTampering(prefix),
      ({ name, versionId }) => `${name}\0${versionId}`,
    )
  }

  getFirst(name: string): Promise<Buffer> {
    return this.retrier.run(() => this.inner.getFirst(name))
  }

  putBack(name: string): Promise<void> {
    return this.retrier.run(() => this.inner.putBack(name))
  }
}

class RetryWriter implements ObjectWriter {
  private readonly storage: RetryStorage
  private pieces: Uint8Array[] | null = []

  constructor(storage: RetryStorage) {
    this.storage = storage
  }

  async append(bytes: Uint8Array): Promise<void> {
    // A copy: who appends goes on using its buffer.
    this.held().push(Buffer.from(bytes))
  }

  async commit(name: string): Promise<boolean> {
    try {
      await this.storage.put(name, Buffer.concat(this.held()))
      return true
    } catch (error) {
      if (isTaken(error)) return false
      throw error
    } finally {
      await this.abort()
    }
  }

  async abort(): Promise<void> {
    this.pieces = null
  }

  private held(): Uint8Array[] {
    if (this.pieces === null) throw new AppError('internal', { message: 'An object is written on after it was ended.' })
    return this.pieces
  }
}

const isTaken = (error: unknown) => isAppError(error) && error.code === objectExists('').code

/** A listing that begins again where it broke off, and leaves out what was told already. */
async function* listAgain<T>(retrier: Retrier, list: () => AsyncIterable<T>, keyOf: (item: T) => string): AsyncGenerator<T> {
  const told = new Set<string>()
  let items = list()[Symbol.asyncIterator]()
  for (;;) {
    const next = await retrier.run(async (failedBefore) => {
      if (failedBefore > 0) items = list()[Symbol.asyncIterator]()
      return items.next()
    })
    if (next.done) return
    const key = keyOf(next.value)
    if (told.has(key)) continue
    told.add(key)
    yield next.value
  }
}
