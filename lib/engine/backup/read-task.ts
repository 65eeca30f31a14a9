/** Reading one file up to its finished manifest line and stamp: what a worker thread does, and the main thread for a few small files. */
import { type Entry, formatEntryLine, mtimesEqual } from '../entry.ts'
import type { RawPath } from '../raw-path.ts'
import { encodeHead } from '../tar/head.ts'
import { type FileRead, type FileReader, knownContent, type ReadFailure, type ReadNote } from './file-reader.ts'
import { type FrameSink, LEVEL_HEAD, LEVEL_SMALL } from './frame-sink.ts'
import { type StampViews, writeStamp } from './stamp.ts'

export interface ReadTask {
  /** Where the result belongs. */
  slot: number
  raw: RawPath
  /** Archive path. */
  path: string
  /** The line this path had in the archive before; null when it is new. */
  prior: string | null
  /** Milliseconds of the real clock, before the file is opened. */
  takenAtMs: number
}

export type ReadResult = { slot: number; line: string; note: ReadNote | null } | { slot: number; failure: ReadFailure }

/** Reads a file and writes its stamp as the `n`-th. */
export async function readForArchive(
  task: ReadTask,
  reader: FileReader,
  sink: FrameSink,
  stamps: StampViews,
  n: number,
): Promise<ReadResult> {
  const read = await reader.read(task.raw, knownContent(task.prior))
  if (!read.ok) return { slot: task.slot, failure: read }
  const entry = fileEntry(task.path, read, task.prior)
  writeFileStamp(stamps, n, task.path, read, read.note === null ? task.takenAtMs : null)
  const line = await lineWithHead(entry, sink)
  if (read.body) await sink.accept(read.body.id, read.body.segment, LEVEL_SMALL)
  return { slot: task.slot, line, note: read.note }
}

/** The entry of a file just read, its head not yet among the frames. A time that Node cannot tell from the one before is the one before. */
export function fileEntry(path: string, read: Pick<FileRead, 'stat' | 'sizeBytes' | 'sha256' | 'bodies'>, prior: string | null): Entry {
  const { stat, sizeBytes, sha256, bodies } = read
  const known = knownContent(prior)
  return {
    path,
    type: 'file',
    sizeBytes,
    mtimeNs: known && mtimesEqual(known.mtimeNs, stat.mtimeNs) ? known.mtimeNs : stat.mtimeNs,
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    sha256,
    frames: bodies,
    linkTarget: null,
  }
}

/** The stamp of a file just read; `takenAtMs` null when it is not to be trusted next time. */
export function writeFileStamp(
  stamps: StampViews,
  n: number,
  path: string,
  { stat }: Pick<FileRead, 'stat'>,
  takenAtMs: number | null,
): void {
  const { dev, ino, ctimeNs, mtimeNs } = stat
  const input = { type: 'file', dev, ino, ctimeNs, mtimeNs, size: Number(stat.size), mode: Number(stat.mode) & 0o7777 } as const
  writeStamp(stamps, n, path, null, { ...input, uid: Number(stat.uid), gid: Number(stat.gid) }, takenAtMs)
}

/** Stores the entry's head unless it is stored, and returns the finished line. */
export async function lineWithHead(entry: Entry, sink: FrameSink): Promise<string> {
  const head = encodeHead(entry)
  const id = sink.codec.frameId(head)
  if (!sink.isKnown(id)) await sink.accept(id, head, LEVEL_HEAD)
  return formatEntryLine({ ...entry, frames: [id, ...entry.frames] })
}
