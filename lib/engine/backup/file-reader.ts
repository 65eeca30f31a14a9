/**
 * Reads one file for an archive: open it where the walk saw it, without following a link and without blocking, make sure it is a regular file,
 * read what was there at open, and look again afterwards. A log that grew is copied to the length seen at open.
 */
import { createHash, type Hash, hash } from 'node:crypto'
import { type BigIntStats, closeSync, fstatSync, readSync } from 'node:fs'
import { errnoOf } from '#lib/base/errors.ts'
import { type Entry, type FrameId, parseEntryLine } from '../entry.ts'
import type { RawPath } from '../raw-path.ts'
import { SMALL_LIMIT } from '../repository/chunker.ts'
import { paddingOf } from '../tar/head.ts'
import { ContentCutter, contentWindow, cutStream, type SmallBody, smallBody } from './file-content.ts'
import type { FrameSink } from './frame-sink.ts'
import { LevelProbe } from './level-probe.ts'
import { FolderInHand } from './open-file.ts'

export type ReadFailure = { ok: false; code: 'vanished' | 'unreadable' | 'not_regular'; errno: string }
/** What happened during the read: it grew, or was rewritten each time it was read. */
export type ReadNote = 'grew' | 'changed'

export interface FileRead {
  ok: true
  stat: BigIntStats
  sizeBytes: number
  sha256: string
  bodies: FrameId[]
  /** The body of a small file, when it is still to be stored: after its head, so that the two lie side by side. The next read overwrites it. */
  body: SmallBody | null
  note: ReadNote | null
}

/** A file that is rewritten under the reader, or whose folder is being replaced, is read again this often. */
const ATTEMPTS = 3
/** Errno for a file whose folder is not where the walk saw it. */
const MOVED = 'ESTALE'

/** What the archive before knew of a file's content. */
export type KnownContent = Pick<Entry, 'sizeBytes' | 'frames' | 'mtimeNs'> & { sha256: string }

/** The known content in a line of the archive before; null when that was no file. */
export function knownContent(line: string | null): KnownContent | null {
  const entry = line?.startsWith('f\t') ? parseEntryLine(line) : null
  return entry && entry.sha256 !== null ? { ...entry, sha256: entry.sha256, frames: entry.frames.slice(1) } : null
}

/** Reads files one after the other, all through one window of memory. */
export class FileReader {
  private readonly sink: FrameSink
  private readonly onBytes: (bytes: number) => void
  private readonly probe = new LevelProbe()
  private readonly window = contentWindow()
  private readonly folder = new FolderInHand()

  /** `onBytes` hears of progress within large files. */
  constructor(sink: FrameSink, onBytes: (bytes: number) => void = () => {}) {
    this.sink = sink
    this.onBytes = onBytes
  }

  /** Reads a file into frames. Its folder stays open for the next one until `release`. */
  async read(path: RawPath, known: KnownContent | null): Promise<FileRead | ReadFailure> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.readOnce(path, known)
      const isMoving = outcome.ok ? outcome.note === 'changed' : outcome.errno === MOVED
      if (!isMoving || attempt === ATTEMPTS) return outcome
    }
  }

  /** Lets go of the folder that was read from last. */
  release(): void {
    this.folder.release()
  }

  private async readOnce(path: RawPath, known: KnownContent | null): Promise<FileRead | ReadFailure> {
    let fd: number | null
    try {
      fd = this.folder.open(path)
    } catch (error) {
      return readFailure(error)
    }
    if (fd === null) return { ok: false, code: 'vanished', errno: MOVED }
    try {
      const before = fstatSync(fd, { bigint: true })
      if (!before.isFile()) return { ok: false, code: 'not_regular', errno: 'EINVAL' }
      const content = await this.readContent(fd, Number(before.size), path, known)
      return { ok: true, stat: before, ...content, note: noteOf(before, fstatSync(fd, { bigint: true }), content.sizeBytes) }
    } catch (error) {
      if (isSystemError(error)) return readFailure(error)
      throw error
    } finally {
      closeSync(fd)
    }
  }

  private async readContent(fd: number, sizeBytes: number, path: RawPath, known: KnownContent | null): Promise<Content> {
    if (sizeBytes <= SMALL_LIMIT) return this.readSmall(fd, sizeBytes, known)
    if (known && known.sizeBytes > SMALL_LIMIT && known.sizeBytes <= sizeBytes) {
      const content = await this.readGrown(fd, sizeBytes, path, known)
      if (content) return content
    }
    return this.readRest(fd, sizeBytes, createHash('sha256'), 0, 0, new ContentCutter(this.sink, this.probe, path))
  }

  private readSmall(fd: number, sizeBytes: number, known: KnownContent | null): Content {
    const done = this.fill(fd, 0, sizeBytes, 0)
    const sha256 = hash('sha256', this.window.subarray(0, done), 'hex')
    if (known && known.sha256 === sha256 && known.frames.every((id) => this.sink.isKnown(id))) {
      return { sizeBytes: done, sha256, bodies: known.frames, body: null }
    }
    const body = smallBody(this.window, done, sha256, this.sink.codec)
    return { sizeBytes: done, sha256, bodies: body ? [body.id] : [], body: body && this.sink.isKnown(body.id) ? null : body }
  }

  /**
   * A log that grew, or a file that was only touched, begins with the content it had: one hash over that shows it, and only what follows its last cut is
   * cut again. Null when it is not so, or when a frame is not stored any more.
   */
  private async readGrown(fd: number, sizeBytes: number, path: RawPath, known: KnownContent): Promise<Content | null> {
    const raws = known.frames.map((id) => (this.sink.isKnown(id) ? this.sink.rawBytesOf(id) : null))
    const total = raws.reduce<number>((sum, raw) => sum + (raw ?? Number.NaN), 0)
    if (total !== known.sizeBytes + paddingOf(known.sizeBytes)) return null
    const tailAt = total - raws.at(-1)!
    if (tailAt > 0) {
      // A file that was written anew mostly differs at once: do not hash all of it to find out.
      const first = raws[0]!
      if (this.fill(fd, 0, first, 0) < first || this.sink.codec.frameId(this.window.subarray(0, first)) !== known.frames[0]) return null
    }
    const content = createHash('sha256')
    for (let at = 0; at < tailAt; ) {
      const count = this.fill(fd, 0, Math.min(this.window.length, tailAt - at), at)
      if (count === 0) return null
      content.update(this.window.subarray(0, count))
      at += count
      this.onBytes(count)
    }
    const held = this.fill(fd, 0, known.sizeBytes - tailAt, tailAt)
    content.update(this.window.subarray(0, held))
    if (held < known.sizeBytes - tailAt || content.copy().digest('hex') !== known.sha256) return null
    if (sizeBytes === known.sizeBytes) return { sizeBytes, sha256: known.sha256, bodies: known.frames, body: null }
    const cutter = new ContentCutter(this.sink, this.probe, path, known.frames.slice(0, -1), tailAt)
    return this.readRest(fd, sizeBytes, content, known.sizeBytes, held, cutter)
  }

  /** Goes on at `done`, with `held` bytes before it hashed but not yet cut at the front of the window. */
  private async readRest(
    fd: number,
    sizeBytes: number,
    content: Hash,
    done: number,
    held: number,
    cutter: ContentCutter,
  ): Promise<Content> {
    const { window, onBytes } = this
    const fill = (at: number, length: number, position: number) => this.fill(fd, at, length, position)
    const size = await cutStream({ window, sizeBytes, content, cutter, fill, onBytes }, done, held)
    return { sizeBytes: size, sha256: content.digest('hex'), bodies: cutter.frames, body: null }
  }

  /** Reads `length` bytes into the window, or what there is before the end of the file. */
  private fill(fd: number, at: number, length: number, position: number): number {
    let done = 0
    while (done < length) {
      const count = readSync(fd, this.window, at + done, length - done, position + done)
      if (count === 0) break
      done += count
    }
    return done
  }
}

type Content = Pick<FileRead, 'sizeBytes' | 'sha256' | 'bodies' | 'body'>

function noteOf(before: BigIntStats, after: BigIntStats, sizeBytes: number): ReadNote | null {
  if (sizeBytes !== Number(before.size)) return 'changed'
  if (after.size > before.size) return 'grew'
  return after.mtimeNs === before.mtimeNs && after.ctimeNs === before.ctimeNs && after.size === before.size ? null : 'changed'
}

/** The outcome of a failed system call. */
export function readFailure(error: unknown): ReadFailure {
  const errno = errnoOf(error) ?? 'EIO'
  if (errno === 'ENOENT' || errno === 'ENOTDIR') return { ok: false, code: 'vanished', errno }
  if (errno === 'ELOOP') return { ok: false, code: 'not_regular', errno }
  return { ok: false, code: 'unreadable', errno }
}

const isSystemError = (error: unknown) => error instanceof Error && 'syscall' in error
