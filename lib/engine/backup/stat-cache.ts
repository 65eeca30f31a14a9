/**
 * What the disk said of each entry of the newest archive when it was read, in the order of that archive's manifest lines: the n-th record is
 * of the n-th entry, so nothing is looked up by path. The file names its archive and ends with its SHA-256; one that does not fit is not used,
 * which costs a full read and nothing else. Layout: 64 bytes of head (magic, archive id, count), 32 bytes a record (dev, ino, ctime in ns,
 * taken-at in ms; little endian), 32 bytes SHA-256 of all before.
 */
import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const MAGIC = 'orchive-stat-1\n'
const HEAD_BYTES = 64
const RECORD_BYTES = 32
/** A file may change again within the same tick of a coarse clock: stamps younger than this are not believed. */
const SETTLE_MS = 2000

export interface Stamp {
  dev: bigint
  ino: bigint
  ctimeNs: bigint
  /** The real clock before the file was opened; 0 = never believed. */
  takenAtMs: number
}

/** Stamps of one archive, read-only. */
export interface StatCache {
  readonly count: number
  /** True when the file still is what it was when the n-th entry was read: same inode and ctime, and settled by then. */
  isUnchanged(n: number, live: { dev: bigint; ino: bigint; ctimeNs: bigint; mtimeNs: bigint }): boolean
  copyTo(n: number, writer: StatCacheWriter): void
}

/** The cache at `path` if it is whole and of that archive; else null. */
export function readStatCache(path: string, archiveId: string | null): StatCache | null {
  if (archiveId === null) return null
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch {
    return null
  }
  const count = (bytes.length - HEAD_BYTES - 32) / RECORD_BYTES
  if (!Number.isInteger(count) || count < 0 || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return null
  const named = bytes.toString('latin1', MAGIC.length, HEAD_BYTES - 8).replace(/\0+$/, '')
  const digest = createHash('sha256').update(bytes.subarray(0, -32)).digest()
  if (named !== archiveId || !digest.equals(bytes.subarray(-32))) return null
  return new ReadCache(bytes, count)
}

class ReadCache implements StatCache {
  readonly count: number
  private readonly bytes: Buffer

  constructor(bytes: Buffer, count: number) {
    this.bytes = bytes
    this.count = count
  }

  isUnchanged(n: number, live: { dev: bigint; ino: bigint; ctimeNs: bigint; mtimeNs: bigint }): boolean {
    const at = HEAD_BYTES + n * RECORD_BYTES
    const takenAtMs = this.bytes.readDoubleLE(at + 24)
    if (takenAtMs === 0 || this.bytes.readBigUInt64LE(at + 8) !== live.ino) return false
    if (this.bytes.readBigInt64LE(at + 16) !== live.ctimeNs || this.bytes.readBigUInt64LE(at) !== live.dev) return false
    return Math.max(Number(live.ctimeNs / 1_000_000n), Number(live.mtimeNs / 1_000_000n)) + SETTLE_MS <= takenAtMs
  }

  copyTo(n: number, writer: StatCacheWriter): void {
    const at = HEAD_BYTES + n * RECORD_BYTES
    writer.addRaw(this.bytes, at)
  }
}

/** Collects the stamps of the archive being taken, in line order. */
export class StatCacheWriter {
  private bytes = Buffer.alloc(HEAD_BYTES + 1024 * RECORD_BYTES)
  private length = HEAD_BYTES

  /** Adds a stamp; null for what is no file. */
  add(stamp: Stamp | null): void {
    this.room()
    if (stamp) {
      this.bytes.writeBigUInt64LE(stamp.dev, this.length)
      this.bytes.writeBigUInt64LE(stamp.ino, this.length + 8)
      this.bytes.writeBigInt64LE(stamp.ctimeNs, this.length + 16)
      this.bytes.writeDoubleLE(stamp.takenAtMs, this.length + 24)
    } else this.bytes.fill(0, this.length, this.length + RECORD_BYTES)
    this.length += RECORD_BYTES
  }

  addRaw(source: Buffer, at: number): void {
    this.room()
    source.copy(this.bytes, this.length, at, at + RECORD_BYTES)
    this.length += RECORD_BYTES
  }

  /** Replaces the cache file; call it only once the archive is listed. */
  save(path: string, archiveId: string): void {
    this.bytes.fill(0, 0, HEAD_BYTES)
    this.bytes.write(`${MAGIC}${archiveId}`, 0, 'latin1')
    const body = this.bytes.subarray(0, this.length)
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const tmp = `${path}.tmp`
    const fd = openSync(tmp, 'w', 0o600)
    try {
      writeSync(fd, body)
      writeSync(fd, createHash('sha256').update(body).digest())
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(tmp, path)
  }

  private room(): void {
    if (this.length + RECORD_BYTES <= this.bytes.length) return
    const larger = Buffer.alloc(this.bytes.length * 2)
    this.bytes.copy(larger, 0, 0, this.length)
    this.bytes = larger
  }
}
