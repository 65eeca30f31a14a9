/**
 * A repository in a local folder. Write order, always: a tmp file beside the target → write → fsync → link under the final name (never
 * overwrites) → unlink tmp → fsync of the folder, and of each parent that had to be made. System calls are synchronous on purpose: this runs
 * in job processes of their own, where a promise per call costs more than the call.
 */

import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fstatSync,
  fsync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statfsSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import type { ObjectInfo, ObjectWriter, Storage } from './storage.ts'

const TMP_PREFIX = 'tmp-'
const OPEN_FILES = 16

/** Opens (and with `create` makes) a folder as storage. */
export function openLocalStorage(folder: string, options: { create?: boolean } = {}): Storage {
  if (options.create) guard(folder, () => mkdirSync(folder, { recursive: true, mode: 0o700 }))
  return new LocalStorage(folder)
}

class LocalStorage implements Storage {
  readonly location: string
  /** Open handles of packs that are read piece by piece, least recently used first. */
  private readonly handles = new Map<string, number>()

  constructor(folder: string) {
    this.location = folder
  }

  private at(name: string): string {
    return join(this.location, name)
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const writer = this.start()
    try {
      await writer.append(bytes)
      if (!writer.publish(name)) throw existsError(name)
    } finally {
      await writer.abort()
    }
  }

  async replace(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.at(name)
    guard(path, () => {
      makeParents(path, this.location)
      const tmp = join(dirname(path), `${TMP_PREFIX}${randomBytes(8).toString('hex')}`)
      const fd = openSync(tmp, 'wx', 0o600)
      try {
        writeAll(fd, bytes)
        fsyncSync(fd)
      } finally {
        closeSync(fd)
      }
      renameSync(tmp, path)
      syncFolder(dirname(path))
    })
  }

  async create(): Promise<ObjectWriter> {
    return this.start()
  }

  private start(): LocalWriter {
    const tmp = this.at(join('tmp', `${TMP_PREFIX}${randomBytes(8).toString('hex')}`))
    return guard(tmp, () => {
      makeParents(tmp, this.location)
      return new LocalWriter(tmp, openSync(tmp, 'wx', 0o600), this.location)
    })
  }

  /** By its name each time: an open handle of the lease would go on showing a holder that is gone, and of a holder that lives no heartbeat. */
  async get(name: string): Promise<Buffer> {
    const fd = guard(this.at(name), () => openSync(this.at(name), 'r'), name)
    try {
      return this.readAt(name, fd, 0, fstatSync(fd).size)
    } finally {
      closeSync(fd)
    }
  }

  async read(name: string, offset: number, length: number): Promise<Buffer> {
    return this.readAt(name, this.open(name), offset, length)
  }

  private readAt(name: string, fd: number, offset: number, length: number): Buffer {
    return guard(this.at(name), () => {
      const buffer = Buffer.allocUnsafeSlow(length)
      let done = 0
      while (done < length) {
        const count = readSync(fd, buffer, done, length - done, offset + done)
        if (count === 0) break
        done += count
      }
      return done === length ? buffer : buffer.subarray(0, done)
    })
  }

  private open(name: string): number {
    const known = this.handles.get(name)
    if (known !== undefined) {
      this.handles.delete(name)
      this.handles.set(name, known)
      return known
    }
    const fd = guard(this.at(name), () => openSync(this.at(name), 'r'), name)
    this.handles.set(name, fd)
    if (this.handles.size > OPEN_FILES) {
      const [oldest, handle] = this.handles.entries().next().value as [string, number]
      this.handles.delete(oldest)
      closeSync(handle)
    }
    return fd
  }

  private forget(name: string): void {
    const fd = this.handles.get(name)
    if (fd === undefined) return
    this.handles.delete(name)
    closeSync(fd)
  }

  async stat(name: string): Promise<ObjectInfo | null> {
    return guard(this.at(name), () => {
      const stats = statSync(this.at(name), { throwIfNoEntry: false })
      return stats?.isFile() ? { sizeBytes: stats.size, mtimeMs: stats.mtimeMs } : null
    })
  }

  async *list(prefix: string): AsyncIterable<{ name: string; sizeBytes: number }> {
    const folders = [prefix.replace(/\/$/, '')]
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for (const entry of readFolder(this.at(folder))) {
        const name = `${folder}/${entry.name}`
        if (entry.isDirectory()) folders.push(name)
        else if (entry.isFile() && !entry.name.startsWith(TMP_PREFIX)) {
          const stats = statSync(this.at(name), { throwIfNoEntry: false })
          if (stats) yield { name, sizeBytes: stats.size }
        }
      }
    }
  }

  async move(from: string, to: string): Promise<void> {
    const target = this.at(to)
    guard(target, () => {
      makeParents(target, this.location)
      if (statSync(target, { throwIfNoEntry: false })) throw existsError(to)
    })
    this.forget(from)
    guard(this.at(from), () => renameSync(this.at(from), target), from)
    syncFolder(dirname(target))
    syncFolder(dirname(this.at(from)))
  }

  async remove(name: string): Promise<void> {
    this.forget(name)
    guard(this.at(name), () => {
      try {
        unlinkSync(this.at(name))
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw error
        return
      }
      syncFolder(dirname(this.at(name)))
    })
  }

  async removeUnfinished(): Promise<number> {
    let removed = 0
    for (const entry of readFolder(this.at('tmp'))) {
      if (!entry.name.startsWith(TMP_PREFIX)) continue
      guard(this.at('tmp'), () => unlinkSync(this.at(join('tmp', entry.name))))
      removed++
    }
    return removed
  }

  async freeBytes(): Promise<{ freeBytes: number; totalBytes: number } | null> {
    try {
      const stats = statfsSync(this.location)
      return { freeBytes: stats.bavail * stats.bsize, totalBytes: stats.blocks * stats.bsize }
    } catch {
      return null
    }
  }

  close(): void {
    for (const fd of this.handles.values()) closeSync(fd)
    this.handles.clear()
  }
}

class LocalWriter implements ObjectWriter {
  private readonly tmp: string
  private readonly root: string
  private fd: number | null

  constructor(tmp: string, fd: number, root: string) {
    this.tmp = tmp
    this.fd = fd
    this.root = root
  }

  async append(bytes: Uint8Array): Promise<void> {
    guard(this.tmp, () => writeAll(this.handle(), bytes))
  }

  async commit(name: string): Promise<boolean> {
    // A pack takes long to reach the disk; meanwhile the caller fills the next one.
    await this.sync()
    const isNew = this.publish(name)
    await this.abort()
    return isNew
  }

  private sync(): Promise<void> {
    const fd = this.handle()
    return new Promise((resolve, reject) => fsync(fd, (error) => (error ? reject(explain(error, this.tmp)) : resolve())))
  }

  /** Makes the bytes durable under this name; false when an object of that name is there already. */
  publish(name: string): boolean {
    const path = join(this.root, name)
    return guard(path, () => {
      fsyncSync(this.handle())
      makeParents(path, this.root)
      try {
        linkSync(this.tmp, path)
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error
        return false
      }
      syncFolder(dirname(path))
      return true
    })
  }

  async abort(): Promise<void> {
    if (this.fd === null) return
    closeSync(this.fd)
    this.fd = null
    try {
      unlinkSync(this.tmp)
    } catch {
      // Gone or not removable now: the next writer removes what is unfinished.
    }
  }

  private handle(): number {
    if (this.fd === null) throw new AppError('internal', { message: `${this.tmp} is closed already.` })
    return this.fd
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  let done = 0
  while (done < bytes.length) done += writeSync(fd, bytes, done, bytes.length - done)
}

function readFolder(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true })
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw explain(error, path)
  }
}

/** Makes missing parents and syncs each folder that got a new entry, so that a power cut cannot lose the way to a synced file. */
function makeParents(path: string, root: string): void {
  const missing: string[] = []
  for (let folder = dirname(path); folder.length >= root.length && !statSync(folder, { throwIfNoEntry: false }); folder = dirname(folder))
    missing.push(folder)
  for (const folder of missing.reverse()) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    syncFolder(dirname(folder))
  }
}

function syncFolder(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Runs a system call; its error comes out naming the object and what to do. */
function guard<T>(path: string, call: () => T, object?: string): T {
  try {
    return call()
  } catch (error) {
    throw explain(error, path, object)
  }
}

function existsError(name: string): AppError {
  return new AppError('object_exists', {
    message: `The repository already has an object ${name}.`,
    hint: 'Objects are never overwritten.',
    context: { name },
  })
}

function explain(error: unknown, path: string, object?: string): unknown {
  const errno = errnoOf(error)
  if (error instanceof AppError || errno === null) return error
  const init = { context: { path, errno }, cause: error }
  if (errno === 'ENOENT') {
    return new AppError('object_missing', {
      message: `The repository has no object ${object ?? path}.`,
      hint: 'Run `orchive verify --all` to see which archives are affected.',
      ...init,
    })
  }
  if (errno === 'ENOSPC' || errno === 'EDQUOT') {
    return new AppError('repository_full', {
      message: `The repository's disk is full: ${path} could not be written.`,
      hint: 'Free space on that disk. Earlier archives are intact.',
      ...init,
    })
  }
  if (errno === 'EROFS' || errno === 'EACCES' || errno === 'EPERM') {
    return new AppError('repository_read_only', {
      message: `The repository cannot be written or read: ${path} (${errno}).`,
      hint: 'Check the mount and the rights of the user that runs Orchive.',
      ...init,
    })
  }
  return new AppError('io_failed', {
    message: `The repository failed at ${path}: ${errno}.`,
    hint: 'Check the disk and its cables or mount.',
    retryable: true,
    ...init,
  })
}
