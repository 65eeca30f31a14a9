import { availableParallelism } from 'node:os'
import { type Entry, type FrameId, formatMtime } from '../entry.ts'
import type { RawPath } from '../raw-path.ts'
import type { ArchiveReader } from '../repository/repository.ts'
import { isInParts, LargeFile } from './large-file.ts'
import type { FileHead, FileOutcome, FileSinkOptions } from './write-file.ts'
import { inlineRunner, Lane, type LaneTask, workerRunner } from './write-lane.ts'

/** A file to write into an open folder, which must stay open until `done` is called. */
export interface WriteTask {
  entry: Entry
  folderFd: number
  name: RawPath
  done: (outcome: FileOutcome) => void
}

/** Below this a worker's start costs more than it saves. */
const INLINE_BYTES = 16 * 1024 * 1024
const INLINE_FILES = 1000
const MAX_WORKERS = 4

/** Writes files on worker threads, several at once, and large ones on all of them; small restores stay on this thread. Memory does not grow with size. */
export class FileWriters {
  private readonly reader: ArchiveReader
  private readonly options: FileSinkOptions
  private readonly lanes: Lane[]
  private readonly waiting: (() => void)[] = []

  /** `expected` decides whether workers pay; `onBytes` hears how much content each batch held. */
  constructor(
    reader: ArchiveReader,
    options: FileSinkOptions,
    expected: { files: number; bytes: number },
    onBytes: (bytes: number) => void,
  ) {
    this.reader = reader
    this.options = options
    const isSmall = expected.bytes < INLINE_BYTES && expected.files < INLINE_FILES
    const count = isSmall ? 1 : Math.min(MAX_WORKERS, availableParallelism())
    const onBatch = (bytes: number) => {
      onBytes(bytes)
      this.wake()
    }
    this.lanes = Array.from({ length: count }, () => new Lane(reader, isSmall ? inlineRunner(options) : workerRunner(options), onBatch))
  }

  /** Takes a file; waits while too much is queued. */
  async add({ entry, folderFd, name, done }: WriteTask): Promise<void> {
    const head = headOf(entry, folderFd, name)
    // The first frame is the tar head; the content starts after it.
    const frames = entry.frames.slice(1)
    const file = this.lanes.length > 1 && isInParts(entry.sizeBytes) ? await this.largeFile(head, frames, done) : null
    if (file === null) return await this.place({ head, frames, bytes: entry.sizeBytes, done })
    for (const part of file.parts()) await this.place(part)
  }

  private async largeFile(head: FileHead, frames: readonly FrameId[], done: WriteTask['done']): Promise<LargeFile | null> {
    await this.reader.locate(frames)
    const rawSizes = await Promise.all(frames.map((id) => this.reader.rawBytesOf(id)))
    return LargeFile.of({ head, frames, rawSizes, done, umask: this.options.umask }, this.least)
  }

  /** Waits until every file taken has ended. */
  async drain(): Promise<void> {
    while (this.lanes.some((lane) => lane.isBusy)) await this.progress()
  }

  /** Drops what is queued and waits for the files that were begun. */
  async stop(): Promise<void> {
    for (const lane of this.lanes) lane.dropQueue()
    await this.drain()
  }

  /** Stops the workers; call after `drain`. */
  async close(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.close()))
  }

  private get least(): Lane {
    return this.lanes.reduce((least, other) => (other.queuedBytes < least.queuedBytes ? other : least))
  }

  private async place(task: LaneTask): Promise<void> {
    for (;;) {
      const lane = this.least
      if (lane.hasRoom) {
        lane.add(task)
        return
      }
      await this.progress()
    }
  }

  private progress(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve()
  }
}

function headOf(entry: Entry, folderFd: number, name: RawPath): FileHead {
  const { sizeBytes, mode, uid, gid, sha256 } = entry
  return { folderFd, name, sizeBytes, mode, uid, gid, sha256, mtime: formatMtime(entry.mtimeNs), part: { does: 'all' } }
}
