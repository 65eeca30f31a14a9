/**
 * A repository in a local folder. Write order, always: a file in `tmp/` → write → fsync → link under the final name (never overwrites) → fsync of
 * the folder, and of each parent that had to be made → unlink the first name. What fails on the way leaves nothing under the final name. System
 * calls are synchronous on purpose: this runs in job processes of their own, where a promise per call costs more than the call.
 */

import { randomBytes } from 'node:crypto'
import {
  closeSync,
  type Dirent,
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
import { dirname, resolve } from 'node:path'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import type { ObjectInfo, ObjectWriter, Storage } from './storage.ts'
import { assertObjectName, objectExists, storageError } from './storage-errors.ts'

const TMP_FOLDER = 'tmp'
const TMP_PREFIX = 'tmp-'
/** How often a small object is written again when its unfinished file was taken away. */
const ATTEMPTS = 5
const OPEN_FILES = 16

/** Opens (and with `create` makes) a folder as storage. */
export function openLocalStorage(folder: string, options: { create?: boolean } = {}): Storage {
  const location = folder.replace(/(?<=.)\/+$/, '')
  if (options.create) guard(location, '', () => makeRoot(location))
  return new LocalStorage(location)
}

class LocalStorage implements Storage {
  readonly location: string
  /** Open handles of packs that are read piece by piece, least recently used first. */
  private readonly handles = new Map<string, number>()

  constructor(folder: string) {
    this.location = folder
  }

  private at(name: string): string {
    assertObjectName(name)
    return `${this.location}/${name}`
  }

  /** Runs system calls for an object; their errors come out naming it. */
  private guard<T>(name: string, call: () => T): T {
    return guard(this.location, name, call)
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.at(name)
    // Who has just got the lease removes what is unfinished and cannot tell it from a dead writer's; but marks, and waiting for the lease, need no lease.
    for (let attempt = 1; ; attempt++) {
      const writer = this.start(name)
      try {
        await writer.append(bytes)
        if (!writer.publish(path)) throw objectExists(name)
        return
      } catch (error) {
        if (!writer.isRemoved() || attempt === ATTEMPTS) throw error
      } finally {
        await writer.abort()
      }
    }
  }

  /** Not tried again when its unfinished file is taken away: then another process has the lease. */
  async replace(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.at(name)
    const writer = this.start(name)
    try {
      await writer.append(bytes)
      writer.supersede(path)
    } finally {
      await writer.abort()
    }
  }

  async create(): Promise<ObjectWriter> {
    return this.start(null)
  }

  private start(name: string | null): LocalWriter {
    const tmp = `${TMP_FOLDER}/${TMP_PREFIX}${randomBytes(8).toString('hex')}`
    return this.guard(name ?? tmp, () => {
      makeParents(this.at(tmp), this.location)
      return new LocalWriter(this.location, tmp, openSync(this.at(tmp), 'wx', 0o600), name ?? tmp)
    })
  }

  /** By its name each time: an open handle of the lease would go on showing a holder that is gone, and of a holder that lives no heartbeat. */
  async get(name: string): Promise<Buffer> {
    const path = this.at(name)
    const fd = this.guard(name, () => openSync(path, 'r'))
    try {
      return this.guard(name, () => readAt(fd, 0, fstatSync(fd).size))
    } finally {
      closeSync(fd)
    }
  }

  async read(name: string, offset: number, length: number): Promise<Buffer> {
    const fd = this.open(name)
    return this.guard(name, () => readAt(fd, offset, length))
  }

  private open(name: string): number {
    const known = this.handles.get(name)
    if (known !== undefined) {
      this.handles.delete(name)
      this.handles.set(name, known)
      return known
    }
    const path = this.at(name)
    const fd = this.guard(name, () => openSync(path, 'r'))
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
    const path = this.at(name)
    return this.guard(name, () => {
      const stats = statSync(path, { throwIfNoEntry: false })
      return stats?.isFile() ? { sizeBytes: stats.size, mtimeMs: stats.mtimeMs } : null
    })
  }

  async *list(prefix: string): AsyncIterable<{ name: string; sizeBytes: number }> {
    const folders = [prefix.replace(/\/$/, '')]
    if (folders[0] === '.') folders[0] = ''
    else assertObjectName(folders[0]!)
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      for (const entry of this.readFolder(folder)) {
        const name = folder === '' ? entry.name : `${folder}/${entry.name}`
        if (entry.isDirectory()) folders.push(name)
        else if (entry.isFile() && !entry.name.startsWith(TMP_PREFIX)) {
          const info = await this.stat(name)
          if (info) yield { name, sizeBytes: info.sizeBytes }
        }
      }
    }
  }

  private readFolder(folder: string): Dirent[] {
    return this.guard(folder, () => {
      try {
        return readdirSync(folder === '' ? this.location : this.at(folder), { withFileTypes: true })
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return []
        throw error
      }
    })
  }

  async move(from: string, to: string): Promise<void> {
    const [source, target] = [this.at(from), this.at(to)]
    this.forget(from)
    this.guard(to, () => {
      makeParents(target, this.location)
      if (statSync(target, { throwIfNoEntry: false })) throw objectExists(to)
    })
    // The target's folder is there: what is missing now is the source.
    this.guard(from, () => renameSync(source, target))
    this.guard(to, () => syncFolder(dirname(target)))
    this.guard(from, () => syncFolder(dirname(source)))
  }

  async remove(name: string): Promise<void> {
    const path = this.at(name)
    this.forget(name)
    this.guard(name, () => {
      if (unlinkIfThere(path)) syncFolder(dirname(path))
    })
  }

  async removeUnfinished(): Promise<number> {
    let removed = 0
    for (const entry of this.readFolder(TMP_FOLDER)) {
      if (!entry.name.startsWith(TMP_PREFIX)) continue
      const name = `${TMP_FOLDER}/${entry.name}`
      if (this.guard(name, () => unlinkIfThere(this.at(name)))) removed++
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
  private readonly location: string
  private readonly tmp: string
  private fd: number | null
  /** What errors name: the object, or the file in `tmp/` as long as it has no name. */
  private readonly subject: string

  constructor(location: string, tmp: string, fd: number, subject: string) {
    this.location = location
    this.tmp = `${location}/${tmp}`
    this.fd = fd
    this.subject = subject
  }

  async append(bytes: Uint8Array): Promise<void> {
    guard(this.location, this.subject, () => writeAll(this.handle(), bytes))
  }

  async commit(name: string): Promise<boolean> {
    assertObjectName(name)
    // A pack takes long to reach the disk; meanwhile the caller fills the next one.
    await this.sync(name)
    const isNew = guard(this.location, name, () => this.publish(`${this.location}/${name}`))
    await this.abort()
    return isNew
  }

  private sync(name: string): Promise<void> {
    const fd = this.handle()
    return new Promise((resolve, reject) => fsync(fd, (error) => (error ? reject(storageError(error, this.location, name)) : resolve())))
  }

  /** Makes the bytes durable at this path; false when an object is there already. When that fails, nothing is there. */
  publish(path: string): boolean {
    return guard(this.location, this.subject, () => {
      fsyncSync(this.handle())
      makeParents(path, this.location)
      try {
        linkSync(this.tmp, path)
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error
        return false
      }
      try {
        syncFolder(dirname(path))
      } catch (error) {
        unlinkIfThere(path)
        throw error
      }
      return true
    })
  }

  /** Puts the bytes in the place of what is at this path, durably. */
  supersede(path: string): void {
    guard(this.location, this.subject, () => {
      fsyncSync(this.handle())
      makeParents(path, this.location)
      renameSync(this.tmp, path)
      syncFolder(dirname(path))
    })
  }

  /** True when somebody took the file for a dead writer's. */
  isRemoved(): boolean {
    return this.fd !== null && fstatSync(this.fd).nlink === 0
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
    if (this.fd === null) throw new AppError('internal', { message: `${this.subject} is closed already.` })
    return this.fd
  }
}

/** Runs system calls; their errors come out naming the object. */
function guard<T>(location: string, object: string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw storageError(error, location, object)
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  let done = 0
  while (done < bytes.length) done += writeSync(fd, bytes, done, bytes.length - done)
}

/** `length` bytes, or what there is before the end of the file. */
function readAt(fd: number, offset: number, length: number): Buffer {
  const buffer = Buffer.allocUnsafeSlow(length)
  let done = 0
  while (done < length) {
    const count = readSync(fd, buffer, done, length - done, offset + done)
    if (count === 0) break
    done += count
  }
  return done === length ? buffer : buffer.subarray(0, done)
}

function unlinkIfThere(path: string): boolean {
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}

function makeRoot(location: string): void {
  const first = mkdirSync(location, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  const top = dirname(resolve(first))
  for (let folder = dirname(resolve(location)); folder.length >= top.length; folder = dirname(folder)) {
    syncFolder(folder)
    if (folder === top) break
  }
}

/**
 * Makes missing parents and syncs each folder that got a new entry, so that a power cut cannot lose the way to a synced file. Never makes the root
 * itself: when that is gone, its disk is, and the place below it is another disk's.
 */
function makeParents(path: string, root: string): void {
  const missing: string[] = []
  for (let folder = dirname(path); folder !== root && !statSync(folder, { throwIfNoEntry: false }); folder = dirname(folder))
    missing.push(folder)
  for (const folder of missing.reverse()) {
    try {
      mkdirSync(folder, { mode: 0o700 })
    } catch (error) {
      if (!statSync(root, { throwIfNoEntry: false })) throw rootMissing(root, error)
      // Another process was quicker.
      if (errnoOf(error) !== 'EEXIST') throw error
    }
    syncFolder(dirname(folder))
  }
}

function rootMissing(root: string, cause: unknown): AppError {
  return new AppError('repository_missing', {
    message: `There is no repository at ${root} any more.`,
    hint: 'If its disk is not mounted, mount it.',
    cause,
  })
}

function syncFolder(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
