/**
 * What the disk said of each entry of an archive when it was taken, in the order of that archive's lines: the n-th record is of the n-th entry, so
 * nothing is looked up by path (docs/adr/0001). It is never identity: the file names its archive and ends with its SHA-256, and one that does not fit is not
 * used, which costs a full read and nothing else. Layout: 64 bytes of head (magic, archive id, number of records), 64 bytes a record, the facts as
 * JSON, 32 bytes SHA-256 of all before. Little endian, like every machine that runs this.
 */
import { createHash } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { type ArchiveId, isArchiveId, type SeriesId } from '#lib/base/ids.ts'
import { RECORD_BYTES, type StampViews, stampViews } from './stamp.ts'

const MAGIC = 'orchive-stat-2\n'
const HEAD_BYTES = 64
const COUNT_AT = 56
const DIGEST_BYTES = 32
const CHUNK_BYTES = 1024 * RECORD_BYTES

/** Series and number within it, by archive id. */
export type KnownArchives = Record<string, readonly [series: SeriesId, number: number]>

/** What else spares the next backup work. All of it is true for ever of immutable objects, or checked against the repository. */
export interface StatFacts {
  /** Series and number of each archive that was there: manifests that need not be read again. */
  archives: KnownArchives
  /** Names of all packs when the archive was published: while they are there, so are the frames that its lines name. */
  packs: string[]
  /** Lines of the files that every backup reads. */
  lines: Record<string, string>
}

/** The stamps of one archive, read-only. */
export interface StatCache {
  readonly archiveId: ArchiveId
  readonly count: number
  readonly views: StampViews
  readonly facts: StatFacts
}

/** The cache at `path` when it is whole, else null. */
export function readStatCache(path: string): StatCache | null {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch {
    return null
  }
  if (bytes.length < HEAD_BYTES + DIGEST_BYTES || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return null
  const end = bytes.length - DIGEST_BYTES
  if (!createHash('sha256').update(bytes.subarray(0, end)).digest().equals(bytes.subarray(end))) return null
  const archiveId = bytes.toString('latin1', MAGIC.length, COUNT_AT).replace(/\0+$/, '')
  const count = bytes.readDoubleLE(COUNT_AT)
  const factsAt = HEAD_BYTES + count * RECORD_BYTES
  if (!isArchiveId(archiveId) || factsAt > end) return null
  const facts = JSON.parse(bytes.toString('utf8', factsAt, end)) as StatFacts
  return { archiveId, count, facts, views: stampViews(alignedCopy(bytes.subarray(HEAD_BYTES, factsAt))) }
}

/** Makes a cache fit a repository that took the place of its own, with the same archives: stamps stay true, frames and packs have other names. */
export function keepStampsAlone(path: string): void {
  const cache = readStatCache(path)
  if (cache === null) return
  const writer = new StatCacheWriter()
  writer.add(cache.views.bytes, 0, cache.count)
  writer.save(path, cache.archiveId, { archives: cache.facts.archives, packs: [], lines: {} })
}

/** Typed arrays need their memory to start at a multiple of 8. */
function alignedCopy(bytes: Buffer): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
}

/** Collects the stamps of the archive being taken, in line order, in chunks that are never copied: there are 64 MB of them for a million entries. */
export class StatCacheWriter {
  private readonly chunks: Uint8Array[] = []
  private length = 0

  /** Adds `count` records from a record's place on. */
  add(source: Uint8Array, at: number, count = 1): void {
    const end = at + count * RECORD_BYTES
    for (let from = at; from < end; ) {
      const used = this.length % CHUNK_BYTES
      if (used === 0) this.chunks.push(new Uint8Array(CHUNK_BYTES))
      const size = Math.min(end - from, CHUNK_BYTES - used)
      this.chunks.at(-1)!.set(source.subarray(from, from + size), used)
      this.length += size
      from += size
    }
  }

  /** Replaces the cache file; call it only once the archive is listed. A file torn by a power cut fails its own checksum: no fsync. */
  save(path: string, archiveId: ArchiveId, facts: StatFacts): void {
    const head = Buffer.alloc(HEAD_BYTES)
    head.write(`${MAGIC}${archiveId}`, 0, 'latin1')
    head.writeDoubleLE(this.length / RECORD_BYTES, COUNT_AT)
    const stamps = this.chunks.map((chunk, n) => chunk.subarray(0, this.length - n * CHUNK_BYTES))
    const parts = [head, ...stamps, Buffer.from(JSON.stringify(facts))]
    const digest = createHash('sha256')
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const tmp = `${path}.tmp`
    const fd = openSync(tmp, 'w', 0o600)
    try {
      for (const part of parts) {
        digest.update(part)
        writeSync(fd, part)
      }
      writeSync(fd, digest.digest())
    } finally {
      closeSync(fd)
    }
    renameSync(tmp, path)
  }
}
