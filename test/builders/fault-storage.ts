import { AppError } from '#lib/base/errors.ts'
import { type ObjectBody, piecesOf } from '#lib/engine/storage/object-source.ts'
import type { Immutability, ObjectInfo, ObjectWriter, Storage } from '#lib/engine/storage/storage.ts'
import { storageError } from '#lib/engine/storage/storage-errors.ts'

/** What a disk does to one call. */
export interface Fault {
  /** Which call from now on, from 1. */
  call: number
  errno: 'ENOSPC' | 'EDQUOT' | 'EIO' | 'EROFS' | 'EACCES' | 'EMFILE' | 'ENOENT'
  /**
   * `nothing`: the call fails and does nothing. `half`: a write stops in the middle, as if the power went, and what is unfinished stays. `all`: the
   * call does its work, and only its answer is lost.
   */
  done: 'nothing' | 'half' | 'all'
  /** The disk is gone: that call and all after it fail. */
  lasts?: boolean
  /** Calls that change nothing go on working, as on a disk that became read-only. */
  sparesReads?: boolean
}

/** A call that can fail, and the object it is about; null for an object that has no name yet. */
export interface StorageCall {
  verb: 'put' | 'replace' | 'create' | 'append' | 'commit' | 'get' | 'read' | 'stat' | 'list' | 'move' | 'remove' | 'removeUnfinished'
  name: string | null
}

const READING: ReadonlySet<StorageCall['verb']> = new Set(['get', 'read', 'stat', 'list'])

/** Any storage, with calls that are counted and can be made to fail. */
export class FaultStorage implements Storage {
  /** Calls since the last `arm`. */
  calls: StorageCall[] = []
  /** The call that failed first; null as long as none did. */
  failed: StorageCall | null = null
  /** Of objects with such names only half is put, and nobody is told. */
  cutsShort: RegExp | null = null
  /** Objects with such names are not put. */
  failsOn: RegExp | null = null
  private readonly inner: Storage
  private fault: Fault | null = null

  constructor(inner: Storage) {
    this.inner = inner
  }

  /** Counts from here; with a fault, one of the calls to come fails. */
  arm(fault: Fault | null): void {
    this.fault = fault
    this.calls = []
    this.failed = null
  }

  get location(): string {
    return this.inner.location
  }

  async put(name: string, body: ObjectBody): Promise<void> {
    const pieces: Uint8Array[] = []
    for await (const piece of piecesOf(body)) pieces.push(Buffer.from(piece))
    const bytes = Buffer.concat(pieces)
    return this.run(
      { verb: 'put', name },
      () => this.inner.put(name, this.cutsShort?.test(name) ? bytes.subarray(0, bytes.length >> 1) : bytes),
      () => this.leaveHalf(bytes),
    )
  }

  replace(name: string, bytes: Uint8Array): Promise<void> {
    return this.run(
      { verb: 'replace', name },
      () => this.inner.replace(name, bytes),
      () => this.leaveHalf(bytes),
    )
  }

  /** A writer that was killed: half of its bytes lie where unfinished objects do. */
  private async leaveHalf(bytes: Uint8Array): Promise<void> {
    await (await this.inner.create()).append(bytes.subarray(0, bytes.length >> 1))
  }

  create(): Promise<ObjectWriter> {
    return this.run({ verb: 'create', name: null }, async () => new FaultWriter(await this.inner.create(), this))
  }

  get(name: string): Promise<Buffer> {
    return this.run({ verb: 'get', name }, () => this.inner.get(name))
  }

  read(name: string, offset: number, length: number): Promise<Buffer> {
    return this.run({ verb: 'read', name }, () => this.inner.read(name, offset, length))
  }

  stat(name: string): Promise<ObjectInfo | null> {
    return this.run({ verb: 'stat', name }, () => this.inner.stat(name))
  }

  async *list(prefix: string): AsyncIterable<{ name: string; sizeBytes: number }> {
    yield* await this.run({ verb: 'list', name: prefix }, async () => this.inner.list(prefix))
  }

  move(from: string, to: string): Promise<void> {
    return this.run({ verb: 'move', name: from }, () => this.inner.move(from, to))
  }

  remove(name: string): Promise<void> {
    return this.run({ verb: 'remove', name }, () => this.inner.remove(name))
  }

  removeUnfinished(): Promise<number> {
    return this.run({ verb: 'removeUnfinished', name: null }, () => this.inner.removeUnfinished())
  }

  freeBytes(): Promise<{ freeBytes: number; totalBytes: number } | null> {
    return this.inner.freeBytes()
  }

  get immutability(): Immutability | undefined {
    return this.inner.immutability
  }

  close(): void {
    this.inner.close()
  }

  /** Makes a call, or fails it when it is its turn. `half` is what an interrupted write leaves. */
  async run<T>(call: StorageCall, work: () => Promise<T>, half?: () => Promise<void>): Promise<T> {
    this.calls.push(call)
    const { fault } = this
    if (call.verb === 'put' && this.failsOn?.test(call.name ?? '')) throw this.errorOf('EIO', call)
    if (!fault || (fault.lasts ? this.calls.length < fault.call : this.calls.length !== fault.call)) return work()
    if (fault.sparesReads && READING.has(call.verb)) return work()
    this.failed ??= call
    if (fault.done === 'all') await work()
    if (fault.done === 'half') await half?.()
    throw this.errorOf(fault.errno, call)
  }

  private errorOf(errno: Fault['errno'], { name }: StorageCall): unknown {
    return storageError(Object.assign(new Error(errno), { code: errno }), this.location, name ?? '')
  }
}

class FaultWriter implements ObjectWriter {
  private readonly inner: ObjectWriter
  private readonly storage: FaultStorage
  private isCut = false

  constructor(inner: ObjectWriter, storage: FaultStorage) {
    this.inner = inner
    this.storage = storage
  }

  append(bytes: Uint8Array): Promise<void> {
    const half = async () => {
      this.isCut = true
      await this.inner.append(bytes.subarray(0, bytes.length >> 1))
    }
    return this.storage.run({ verb: 'append', name: null }, () => this.whole().append(bytes), half)
  }

  commit(name: string): Promise<boolean> {
    return this.storage.run({ verb: 'commit', name }, () => this.whole().commit(name))
  }

  abort(): Promise<void> {
    return this.inner.abort()
  }

  /** Who goes on with an object after a write of it failed would publish a torn one. */
  private whole(): ObjectWriter {
    if (this.isCut) throw new AppError('internal', { message: 'An object is written on after a write of it was cut short.' })
    return this.inner
  }
}
