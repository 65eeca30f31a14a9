import type { Clock } from '#lib/base/clock.ts'
import type { BackupProgress } from './backup-input.ts'

/** Between two reports of files done; a change of phase or of the totals is told at once. */
const PAUSE_MS = 100
/** Files that were not even opened between two looks at the clock: a look costs as much as the file did. */
const UNREAD_FILES = 256

/** Adds up what a backup has done and reports it, not too often. */
export class ProgressMeter {
  private readonly now: BackupProgress = {
    phase: 'reading',
    filesDone: 0,
    filesTotal: null,
    bytesDone: 0,
    bytesTotal: null,
    currentPath: null,
  }
  /** Bytes of files that are not through yet. */
  private bytesUnderway = 0
  private seen = { files: 0, bytes: 0 }
  private reportedAtMs = 0
  private readonly clock: Clock
  private readonly onProgress: ((progress: BackupProgress) => void) | undefined

  constructor(clock: Clock, onProgress: ((progress: BackupProgress) => void) | undefined) {
    this.clock = clock
    this.onProgress = onProgress
  }

  /** Starts over, when the archive is read once more from the start. */
  restart(): void {
    this.seen = { files: 0, bytes: 0 }
    this.bytesUnderway = 0
    Object.assign(this.now, { phase: 'reading', filesDone: 0, filesTotal: null, bytesDone: 0, bytesTotal: null, currentPath: null })
  }

  /** Somebody else has the lease. */
  wait(holder: string): void {
    this.onProgress?.({ ...this.now, phase: 'waiting', currentPath: holder })
  }

  /** The walk met a file. */
  see(sizeBytes: number): void {
    this.seen.files++
    this.seen.bytes += sizeBytes
  }

  /** A file is done; `path` null when it was not even opened. */
  done(path: string | null, sizeBytes: number): void {
    this.now.filesDone++
    this.now.bytesDone += sizeBytes
    this.bytesUnderway = Math.max(0, this.bytesUnderway - sizeBytes)
    if (path !== null) this.now.currentPath = path
    if (path !== null || this.now.filesDone % UNREAD_FILES === 0) this.reportSoon()
  }

  /** Bytes of a large file that is being read. */
  read(bytes: number): void {
    this.bytesUnderway += bytes
    this.reportSoon()
  }

  /** The walk is through. */
  total(): void {
    this.now.filesTotal = this.seen.files
    this.now.bytesTotal = this.seen.bytes
    this.report()
  }

  publish(): void {
    Object.assign(this.now, { phase: 'publishing', currentPath: null })
    this.bytesUnderway = 0
    this.report()
  }

  private reportSoon(): void {
    if (this.clock.monotonicMs() - this.reportedAtMs >= PAUSE_MS) this.report()
  }

  private report(): void {
    this.reportedAtMs = this.clock.monotonicMs()
    const bytesDone = this.now.bytesDone + this.bytesUnderway
    const bytesTotal = this.now.bytesTotal
    this.onProgress?.({ ...this.now, bytesDone: bytesTotal === null ? bytesDone : Math.min(bytesDone, bytesTotal) })
  }
}
