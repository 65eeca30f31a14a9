/**
 * Storage that keeps on a local disk what is read again and again while somebody browses a copy far away: indexes, manifests and marks whole, packs in
 * blocks around the small ranges that sections take. All of these are immutable. What is kept carries its SHA-256 and is checked when it is read: anything
 * else counts as not kept. Large ranges, as restores read them, pass by. Who verifies a copy opens it without a cache.
 */
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '#lib/base/clock.ts'
import { overlaid } from './overlaid.ts'
import type { Storage } from './storage.ts'

export interface CacheOptions {
  /** For its owner alone; copies of several places may share it. */
  folder: string
  /** The least recently read goes when there is more. Processes that share a folder each keep to it. */
  maxBytes: number
}

const BLOCK_BYTES = 262_144
/** Longer reads are those of a restore: they would push out everything else. */
const LONGEST_READ_BYTES = 1_048_576
const KEPT_WHOLE = /^(?:manifests\/|marks\/|packs\/.*\.idx\.zst$)/
const KEPT_IN_BLOCKS = /^packs\/.*\.pack$/
const HASH_BYTES = 32

/** Wraps storage so that what is read often is read from a local disk. */
export function withCache(storage: Storage, options: CacheOptions): Storage {
  const kept = new KeptObjects(storage.location, options)
  const forgetAnd = async (name: string, work: () => Promise<void>) => {
    await work()
    kept.forget(name)
  }
  const over: Partial<Storage> = {
    get: (name) => (KEPT_WHOLE.test(name) ? kept.through(name, 'whole', () => storage.get(name)) : storage.get(name)),
    read: (name, offset, length) =>
      KEPT_IN_BLOCKS.test(name) && length > 0 && length <= LONGEST_READ_BYTES
        ? readBlocks(storage, kept, name, offset, length)
        : storage.read(name, offset, length),
    replace: (name, bytes) => forgetAnd(name, () => storage.replace(name, bytes)),
    move: (from, to) => forgetAnd(from, () => storage.move(from, to)),
    remove: (name) => forgetAnd(name, () => storage.remove(name)),
  }
  return overlaid(storage, over)
}

/** A range out of whole blocks; those that are not kept and lie side by side come with one request. */
async function readBlocks(storage: Storage, kept: KeptObjects, name: string, offset: number, length: number): Promise<Buffer> {
  const first = Math.floor(offset / BLOCK_BYTES)
  const last = Math.floor((offset + length - 1) / BLOCK_BYTES)
  const blocks = Array.from({ length: last - first + 1 }, (_, i) => kept.find(name, `${first + i}`))
  for (let from = 0; from < blocks.length; from++) {
    if (blocks[from] !== null) continue
    let to = from
    while (to < blocks.length && blocks[to] === null) to++
    const bytes = await storage.read(name, (first + from) * BLOCK_BYTES, (to - from) * BLOCK_BYTES)
    for (let at = from; at < to; at++) {
      const block = bytes.subarray((at - from) * BLOCK_BYTES, (at - from + 1) * BLOCK_BYTES)
      kept.keep(name, `${first + at}`, block)
      blocks[at] = block
    }
  }
  const skip = offset - first * BLOCK_BYTES
  return Buffer.concat(blocks as Buffer[]).subarray(skip, skip + length)
}

/** The files of a cache, least recently read first. */
class KeptObjects {
  private readonly location: string
  private readonly options: CacheOptions
  private files: Map<string, number> | null = null
  private totalBytes = 0

  constructor(location: string, options: CacheOptions) {
    this.location = location
    this.options = options
  }

  /** What is kept, or else what `load` gives, which then is. */
  async through(name: string, part: string, load: () => Promise<Buffer>): Promise<Buffer> {
    const found = this.find(name, part)
    if (found !== null) return found
    const bytes = await load()
    this.keep(name, part, bytes)
    return bytes
  }

  /** Null when it is not kept, or not as it was. */
  find(name: string, part: string): Buffer | null {
    const file = this.fileOf(name, part)
    const files = this.open()
    if (!files.has(file)) return null
    const path = join(this.options.folder, file)
    try {
      const kept = readFileSync(path)
      const bytes = kept.subarray(HASH_BYTES)
      if (!hashOf(bytes).equals(kept.subarray(0, HASH_BYTES))) {
        this.drop(file)
        return null
      }
      const size = files.get(file)!
      files.delete(file)
      files.set(file, size)
      const now = systemClock.realNowMs() / 1000
      utimesSync(path, now, now)
      return bytes
    } catch {
      // Another process dropped it.
      this.drop(file)
      return null
    }
  }

  keep(name: string, part: string, bytes: Uint8Array): void {
    const file = this.fileOf(name, part)
    const path = join(this.options.folder, file)
    const tmp = `${path}.${randomBytes(4).toString('hex')}`
    const size = bytes.byteLength + HASH_BYTES
    if (size > this.options.maxBytes) return
    const files = this.open()
    this.drop(file)
    try {
      writeFileSync(tmp, Buffer.concat([hashOf(bytes), bytes]), { mode: 0o600 })
      renameSync(tmp, path)
    } catch {
      // A cache that cannot be written is no reason not to read.
      return
    }
    files.set(file, size)
    this.totalBytes += size
    for (const oldest of files.keys()) {
      if (this.totalBytes <= this.options.maxBytes) break
      this.drop(oldest)
    }
  }

  forget(name: string): void {
    const prefix = this.fileOf(name, '')
    for (const file of [...this.open().keys()]) if (file.startsWith(prefix)) this.drop(file)
  }

  private drop(file: string): void {
    const files = this.open()
    this.totalBytes -= files.get(file) ?? 0
    files.delete(file)
    try {
      unlinkSync(join(this.options.folder, file))
    } catch {
      // It was gone.
    }
  }

  private fileOf(name: string, part: string): string {
    return `${createHash('sha256').update(`${this.location}\0${name}`).digest('hex').slice(0, 40)}-${part}`
  }

  private open(): Map<string, number> {
    if (this.files) return this.files
    mkdirSync(this.options.folder, { recursive: true, mode: 0o700 })
    const found = readdirSync(this.options.folder).flatMap((file) => {
      const stats = statSync(join(this.options.folder, file), { throwIfNoEntry: false })
      return stats?.isFile() ? [{ file, size: stats.size, mtimeMs: stats.mtimeMs }] : []
    })
    found.sort((a, b) => a.mtimeMs - b.mtimeMs)
    this.files = new Map(found.map(({ file, size }) => [file, size]))
    this.totalBytes = found.reduce((sum, { size }) => sum + size, 0)
    return this.files
  }
}

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()
