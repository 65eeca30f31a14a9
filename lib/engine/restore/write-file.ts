/**
 * Writes one file, or a part of one that others write as well, and proves it: create (never through a symlink, never over something), content with holes for zero runs, read back
 * and compare its SHA-256, then owner, mode, times. The content's SHA-256 covers every frame's bytes, so frames are not hashed one by one.
 */
import { createHash, type Hash, hash } from 'node:crypto'
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { AppError, errnoOf, isAppError } from '#lib/base/errors.ts'
import type { RawPath } from '../raw-path.ts'
import { SMALL_LIMIT } from '../repository/chunker.ts'
import { decompressFrameInto, MAX_SEGMENT_BYTES } from '../repository/frame.ts'
import { BLOCK } from '../tar/head.ts'
import { fsPathAt } from './open-folders.ts'

/** All that is needed to write a file; crosses to worker threads. */
export interface FileHead {
  folderFd: number
  name: RawPath
  sizeBytes: number
  mode: number
  uid: number
  gid: number
  /** Seconds with nine decimals. */
  mtime: string
  sha256: string | null
  part: FilePart
}

/** What is done to a file in one go. */
export type FilePart =
  /** Everything: it is made, written, proven and closed. */
  | { does: 'all' }
  /** Some of the content of a file that is open; others write the rest of it. */
  | { does: 'content'; fd: number; from: number; to: number }
  /** Reads back what was written of an open file, from its beginning on, one piece after the other; with the last it is proven and gets its attributes. */
  | { does: 'proof'; fd: number; from: number; to: number }

/** What became of a file. */
export type FileOutcome = { ok: true } | FileFailure
export interface FileFailure {
  ok: false
  code: 'content_differs' | 'frame_damaged' | 'frame_missing' | 'target_full' | 'target_unusable' | 'io_failed' | 'cancelled'
  message: string
}

export interface FileSinkOptions {
  /** Owner and group that a new file gets by itself; null where owners cannot be set (only root may). */
  newFileOwner: { uid: number; gid: number } | null
  umask: number
  /** fsync before the file counts as written. */
  sync: boolean
}

const CREATE_FLAGS = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_NOFOLLOW
const HOLE_BYTES = 4096
const ZEROS = Buffer.alloc(HOLE_BYTES)
const READ_BYTES = 1024 * 1024

/** Who owns files that this process makes in the folder, where it may give them to others; else null. */
export function newFileOwnerIn(folder: { mode: number; gid: number }): FileSinkOptions['newFileOwner'] {
  if (process.geteuid?.() !== 0) return null
  // A set-group-id folder hands its group down.
  return { uid: 0, gid: (folder.mode & 0o2000) !== 0 ? folder.gid : process.getegid!() }
}

/** Takes files one after another: `begin`, `frame`…, `end`. Errors stay with their file: `end` tells. */
export class FileSink {
  private readonly options: FileSinkOptions
  private readonly buffer = Buffer.allocUnsafeSlow(READ_BYTES)
  private raw = Buffer.alloc(0)
  private head: FileHead | null = null
  private fd = -1
  private position = 0
  private allocatedEnd = 0
  private failure: FileFailure | null = null
  /** Of files that are read back in pieces, by descriptor. */
  private readonly proofs = new Map<number, Hash>()

  constructor(options: FileSinkOptions) {
    this.options = options
  }

  begin(head: FileHead): void {
    const { part } = head
    this.head = head
    this.fd = part.does === 'all' ? -1 : part.fd
    this.position = part.does === 'all' ? 0 : part.from
    this.allocatedEnd = 0
    this.failure = null
    if (part.does === 'all') this.guarded(() => void (this.fd = createFile(head, this.options.umask)))
  }

  /** The next frame of the content, as it is stored. */
  frame(stored: Uint8Array, rawBytes: number): void {
    this.guarded(() => {
      if (rawBytes > MAX_SEGMENT_BYTES) throw overlong()
      if (rawBytes > this.raw.length)
        this.raw = Buffer.allocUnsafeSlow(rawBytes <= SMALL_LIMIT + BLOCK ? SMALL_LIMIT + BLOCK : MAX_SEGMENT_BYTES)
      decompressFrameInto(stored, rawBytes, this.raw)
      const count = Math.min(this.endBytes - this.position, rawBytes)
      if (rawBytes - count >= BLOCK || !isZero(this.raw, count, rawBytes)) throw overlong()
      this.writeSparse(this.raw, count)
      this.position += count
    })
  }

  /** The file cannot be completed: its frames could not be read. */
  abandon(outcome: FileFailure): void {
    this.failure ??= outcome
  }

  /** Ends what was begun; a file that failed is removed by who made it. */
  end(): FileOutcome {
    const head = this.head!
    const { part } = head
    if (part.does === 'all') this.complete(head)
    else if (part.does === 'proof') this.guarded(() => this.prove(head, part))
    else this.guarded(() => this.assertWritten(part.to))
    this.head = null
    return this.failure ?? { ok: true }
  }

  private complete(head: FileHead): void {
    this.guarded(() => {
      if (this.allocatedEnd < head.sizeBytes) ftruncateSync(this.fd, head.sizeBytes)
      this.assertWritten(head.sizeBytes)
      if (this.hashBack() !== head.sha256) throw new ContentDiffers()
      this.finish(head)
    })
    if (this.fd < 0) return
    closeSync(this.fd)
    if (this.failure) unlinkSync(fsPathAt(head.folderFd, head.name))
  }

  private prove(head: FileHead, { fd, from, to }: { fd: number; from: number; to: number }): void {
    if (from === 0) this.proofs.set(fd, createHash('sha256'))
    const proof = this.proofs.get(fd)!
    for (let at = from; at < to; ) {
      const count = readSync(fd, this.buffer, 0, Math.min(this.buffer.length, to - at), at)
      if (count === 0) throw new ContentDiffers()
      proof.update(this.buffer.subarray(0, count))
      at += count
    }
    if (to < head.sizeBytes) return
    this.proofs.delete(fd)
    if (proof.digest('hex') !== head.sha256) throw new ContentDiffers()
    this.finish(head)
  }

  private finish(head: FileHead): void {
    const owner = this.options.newFileOwner
    if (owner && (owner.uid !== head.uid || owner.gid !== head.gid)) fchownSync(this.fd, head.uid, head.gid)
    if (needsChmod(head, this.options.umask)) fchmodSync(this.fd, head.mode)
    futimesSync(this.fd, head.mtime, head.mtime)
    if (this.options.sync) fsyncSync(this.fd)
  }

  private assertWritten(to: number): void {
    if (this.position !== to) throw new ContentDiffers()
  }

  /** Where what is written now ends. */
  private get endBytes(): number {
    const { part, sizeBytes } = this.head!
    return part.does === 'content' ? part.to : sizeBytes
  }

  private writeSparse(raw: Buffer, count: number): void {
    let from = 0
    // Holes start at file offsets that are whole blocks, wherever the frame happens to start.
    let at = (HOLE_BYTES - (this.position % HOLE_BYTES)) % HOLE_BYTES
    for (; at + HOLE_BYTES <= count; at += HOLE_BYTES) {
      if (raw[at] !== 0 || !isZero(raw, at, at + HOLE_BYTES)) continue
      this.write(raw, from, at)
      from = at + HOLE_BYTES
    }
    this.write(raw, from, count)
  }

  private write(raw: Buffer, from: number, to: number): void {
    for (let at = from; at < to; ) at += writeSync(this.fd, raw, at, to - at, this.position + at)
    if (to > from) this.allocatedEnd = this.position + to
  }

  private hashBack(): string {
    const { sizeBytes } = this.head!
    const first = readSync(this.fd, this.buffer, 0, this.buffer.length, 0)
    if (first === sizeBytes) return hash('sha256', this.buffer.subarray(0, first), 'hex')
    const whole = createHash('sha256').update(this.buffer.subarray(0, first))
    for (let at = first; ; ) {
      const count = readSync(this.fd, this.buffer, 0, this.buffer.length, at)
      if (count === 0) break
      whole.update(count === this.buffer.length ? this.buffer : this.buffer.subarray(0, count))
      at += count
    }
    return whole.digest('hex')
  }

  private guarded(work: () => void): void {
    if (this.failure) return
    try {
      work()
    } catch (error) {
      this.failure = outcomeOf(error)
    }
  }
}

/** Makes a file, never through a link and never over something; gives its descriptor. */
export function createFile(head: FileHead, umask: number): number {
  return openSync(fsPathAt(head.folderFd, head.name), CREATE_FLAGS, needsChmod(head, umask) ? 0o600 : head.mode)
}

function needsChmod({ mode }: FileHead, umask: number): boolean {
  return (mode & ~0o777) !== 0 || (mode & umask) !== 0
}

class ContentDiffers extends Error {}

function overlong(): AppError {
  return new AppError('frame_damaged', { message: 'The stored content is longer than the entry says.' })
}

/** An error while writing, as what becomes of the file. */
export function outcomeOf(error: unknown): FileFailure {
  if (error instanceof ContentDiffers)
    return { ok: false, code: 'content_differs', message: 'what was written does not have the SHA-256 of the archive' }
  if (isAppError(error)) {
    const code = error.code === 'frame_missing' || error.code === 'frame_damaged' ? error.code : 'io_failed'
    return { ok: false, code, message: error.message }
  }
  const errno = errnoOf(error) ?? (error instanceof Error ? error.message : String(error))
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return { ok: false, code: 'target_full', message: errno }
  if (errno === 'EACCES' || errno === 'EPERM' || errno === 'EROFS') return { ok: false, code: 'target_unusable', message: errno }
  return { ok: false, code: 'io_failed', message: errno }
}

function isZero(bytes: Buffer, from: number, to: number): boolean {
  return from >= to || bytes.compare(ZEROS, 0, to - from, from, to) === 0
}
