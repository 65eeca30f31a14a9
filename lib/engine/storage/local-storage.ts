/**
 * A repository in a local folder. Write order, always: a file in `tmp/` → write → fsync → link under the final name (never overwrites) → fsync of
 * the folder, and of each parent that had to be made → unlink the first name. What fails on the way leaves nothing under the final name. System
 * calls are synchronous on purpose: this runs in job processes of their own, where a promise per call costs more than the call.
 */

import { randomBytes } from 'node:crypto'
import { closeSync, constants, type Dirent, fstatSync, openSync, readdirSync, readSync, renameSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import { systemClock } from '#lib/base/clock.ts'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { guard, makeParents, makeRoot, syncFolder, unlinkIfThere } from './durable-files.ts'
import { LocalWriter } from './local-writer.ts'
import { isHeld, type ObjectBody, piecesOf } from './object-source.ts'
import type { LaterOptions, ObjectInfo, ObjectWriter, Storage } from './storage.ts'
import { assertObjectName, objectExists } from './storage-errors.ts'

const TMP_FOLDER = 'tmp'
const TMP_PREFIX = 'tmp-'
/** How often a small object is written again when its unfinished file was taken away. */
const ATTEMPTS = 5
const OPEN_FILES = 16
/** Of a whole object, and of a frame: packs are closed at 64 MiB, sealed objects unpack to half of it. */
const MOST_OBJECT_BYTES = 1024 ** 3
/** Who reads for longer than this lets the event loop come round. */
const TURN_MS = 50
/** A FIFO in the place of an object would otherwise be waited for. */
const TO_READ = constants.O_RDONLY | constants.O_NONBLOCK

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
  /** Folders that got names, and that lost some, which `settle` makes durable. */
  private readonly gained = new Set<string>()
  private readonly lost = new Set<string>()
  private turnedAtMs = systemClock.monotonicMs()

  constructor(folder: string) {
    this.location = folder
  }

  fileOf(name: string): string {
    return this.at(name)
  }

  private at(name: string): string {
    assertObjectName(name)
    return `${this.location}/${name}`
  }

  /** Runs system calls for an object; their errors come out naming it. */
  private guard<T>(name: string, call: () => T): T {
    return guard(this.location, name, call)
  }

  async put(name: string, body: ObjectBody): Promise<void> {
    assertObjectName(name)
    // Who has just got the lease removes what is unfinished and cannot tell it from a dead writer's; but marks, and waiting for the lease, need no lease.
    for (let attempt = 1; ; attempt++) {
      const writer = this.start(name)
      try {
        for await (const piece of piecesOf(body)) await writer.append(piece)
        if (!(isHeld(body) ? writer.publish(name) : await writer.commit(name))) throw objectExists(name)
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
    assertObjectName(name)
    const writer = this.start(name)
    try {
      await writer.append(bytes)
      writer.supersede(name)
      this.forget(name)
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
    if (this.isTurnDue()) await this.turn()
    const path = this.at(name)
    const fd = this.guard(name, () => openSync(path, TO_READ))
    try {
      return this.guard(name, () => readAt(fd, 0, roomFor(name, fstatSync(fd).size)))
    } finally {
      closeSync(fd)
    }
  }

  async read(name: string, offset: number, length: number, into?: Buffer): Promise<Buffer> {
    if (this.isTurnDue()) await this.turn()
    const fd = this.open(name)
    return this.guard(name, () => readAt(fd, offset, roomFor(name, length), into))
  }

  /** Calls that wait for nothing would keep whoever reads one object after the other from hearing that he is to stop, for minutes. */
  private isTurnDue(): boolean {
    return systemClock.monotonicMs() - this.turnedAtMs > TURN_MS
  }

  private async turn(): Promise<void> {
    await breathe()
    this.turnedAtMs = systemClock.monotonicMs()
  }

  private open(name: string): number {
    const known = this.handles.get(name)
    if (known !== undefined) {
      this.handles.delete(name)
      this.handles.set(name, known)
      return known
    }
    const path = this.at(name)
    const fd = this.guard(name, () => openSync(path, TO_READ))
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

  async move(from: string, to: string, { isLater = false }: LaterOptions = {}): Promise<void> {
    const [source, target] = [this.at(from), this.at(to)]
    this.forget(from)
    const sync = isLater ? (folder: string) => void this.gained.add(folder) : syncFolder
    this.guard(to, () => {
      makeParents(target, this.location, sync)
      if (statSync(target, { throwIfNoEntry: false })) throw objectExists(to)
    })
    // The target's folder is there: what is missing now is the source.
    this.guard(from, () => renameSync(source, target))
    this.guard(to, () => sync(dirname(target)))
    if (isLater) this.lost.add(dirname(source))
    else this.guard(from, () => syncFolder(dirname(source)))
  }

  async remove(name: string, { isLater = false }: LaterOptions = {}): Promise<void> {
    const path = this.at(name)
    this.forget(name)
    this.guard(name, () => {
      if (!unlinkIfThere(path)) return
      if (isLater) this.lost.add(dirname(path))
      else syncFolder(dirname(path))
    })
  }

  /** Where names come to first: what moved is at one of its places then, whatever the file system writes by itself. */
  async settle(): Promise<void> {
    const { gained, lost } = this
    for (const folder of new Set([...gained, ...lost])) {
      this.guard(folder, () => syncFolder(folder))
      gained.delete(folder)
      lost.delete(folder)
    }
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

/** Throws `repository_damaged` for more than any object of a repository has: what is asked for may come from an index, and the index from anybody. */
function roomFor(name: string, bytes: number): number {
  if (bytes <= MOST_OBJECT_BYTES) return bytes
  throw new AppError('repository_damaged', {
    message: `${name} is said to hold ${bytes} bytes, more than any object of a repository.`,
    hint: 'Run `orchive verify --all` to see what is affected.',
  })
}

/** `length` bytes, or what there is before the end of the file. */
function readAt(fd: number, offset: number, length: number, buffer: Buffer = Buffer.allocUnsafeSlow(length)): Buffer {
  let done = 0
  while (done < length) {
    const count = readSync(fd, buffer, done, length - done, offset + done)
    if (count === 0) break
    done += count
  }
  return done === buffer.length ? buffer : buffer.subarray(0, done)
}
