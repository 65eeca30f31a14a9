/**
 * Reads one file for an archive: open without following a link and without blocking, make sure it is a regular file, read what was there at
 * open, and look again afterwards. A log that grew is copied to the length seen at open.
 */
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { errnoOf } from '#lib/base/errors.ts'
import type { FrameId } from '../entry.ts'
import { fsPath, type RawPath } from '../raw-path.ts'
import { MAX_CHUNK, SMALL_LIMIT } from '../repository/chunker.ts'
import { ContentCutter, type FrameSink } from './file-content.ts'

/** What came of reading a file. */
export type FileOutcome = FileRead | { ok: false; code: 'vanished' | 'unreadable' | 'not_regular'; errno: string }

export interface FileRead {
  ok: true
  sizeBytes: number
  sha256: string
  /** Body frames in order. */
  bodies: FrameId[]
  mtimeNs: bigint
  ctimeNs: bigint
  mode: number
  uid: number
  gid: number
  dev: bigint
  ino: bigint
  /** Milliseconds of the real clock before the file was opened. */
  takenAtMs: number
  /** What happened during the read: it grew, or was rewritten each time it was read. */
  note: 'grew' | 'changed' | null
}

/** A file that is rewritten under the reader is read again this often. */
const ATTEMPTS = 3
const WINDOW_BYTES = MAX_CHUNK + 4 * 1024 * 1024
/** One window a thread; files are read one at a time. */
let window: Buffer | null = null

/** Reads a file into frames. `takenAtMs` is the real clock's time now. */
export async function readFile(path: RawPath, sink: FrameSink, takenAtMs: number): Promise<FileOutcome> {
  let outcome: FileOutcome = { ok: false, code: 'unreadable', errno: 'EIO' }
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    outcome = await readOnce(path, sink, takenAtMs)
    if (!outcome.ok || outcome.note !== 'changed') return outcome
  }
  return outcome
}

async function readOnce(path: RawPath, sink: FrameSink, takenAtMs: number): Promise<FileOutcome> {
  let fd: number
  try {
    fd = openSync(fsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    return failure(error)
  }
  try {
    const before = fstatSync(fd, { bigint: true })
    if (!before.isFile()) return { ok: false, code: 'not_regular', errno: 'EINVAL' }
    const cutter = new ContentCutter(sink, Number(before.size))
    const read = await copyThrough(fd, Number(before.size), cutter)
    const after = fstatSync(fd, { bigint: true })
    return outcomeOf(before, after, read, cutter, takenAtMs)
  } catch (error) {
    if (errnoOf(error)) return failure(error)
    throw error
  } finally {
    closeSync(fd)
  }
}

/** Reads up to `sizeBytes` and returns how many there were. */
async function copyThrough(fd: number, sizeBytes: number, cutter: ContentCutter): Promise<number> {
  window ??= Buffer.allocUnsafeSlow(WINDOW_BYTES)
  let done = 0
  let held = 0
  for (;;) {
    const room = Math.min(window.length - held, sizeBytes - done)
    const count = room === 0 ? 0 : readSync(fd, window, held, room, done)
    done += count
    held += count
    const last = done >= sizeBytes || (count === 0 && room > 0)
    // A small file is cut as a whole, so it must be whole in the window.
    if (!last && sizeBytes <= SMALL_LIMIT) continue
    const taken = await cutter.take(window.subarray(0, held), last)
    if (last) return done
    window.copyWithin(0, taken, held)
    held -= taken
  }
}

function outcomeOf(before: BigIntStats, after: BigIntStats, sizeBytes: number, cutter: ContentCutter, takenAtMs: number): FileRead {
  const grew = after.size > before.size && sizeBytes === Number(before.size)
  const same = after.mtimeNs === before.mtimeNs && after.size === before.size && after.ctimeNs === before.ctimeNs
  return {
    ok: true,
    sizeBytes,
    sha256: cutter.digest(),
    bodies: cutter.frames,
    mtimeNs: before.mtimeNs,
    ctimeNs: before.ctimeNs,
    mode: Number(before.mode) & 0o7777,
    uid: Number(before.uid),
    gid: Number(before.gid),
    dev: before.dev,
    ino: before.ino,
    takenAtMs,
    note: grew ? 'grew' : same ? null : 'changed',
  }
}

/** The outcome of a failed system call. */
export function failure(error: unknown): FileOutcome {
  const errno = errnoOf(error) ?? 'EIO'
  if (errno === 'ENOENT' || errno === 'ENOTDIR') return { ok: false, code: 'vanished', errno }
  if (errno === 'ELOOP') return { ok: false, code: 'not_regular', errno }
  return { ok: false, code: 'unreadable', errno }
}
