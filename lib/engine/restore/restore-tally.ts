import { systemClock } from '#lib/base/clock.ts'
import type { Entry } from '../entry.ts'
import type { RestoreProgress, RestoreResult } from './restore-types.ts'

const PROGRESS_EVERY_MS = 100
const SHOWN_WARNINGS = 1000

/** Counts what a restore has done so far and tells its progress, ten times a second at most. */
export class RestoreTally {
  restoredFiles = 0
  restoredBytes = 0
  skippedFiles = 0
  quarantinedFiles = 0
  provenFiles = 0
  readonly warnings: RestoreResult['warnings'] = []
  private readonly onProgress: (progress: RestoreProgress) => void
  private phase: RestoreProgress['phase'] = 'plan'
  private filesTotal: number | null = null
  private bytesTotal: number | null = null
  private filesDone = 0
  private bytesDone = 0
  private currentPath: string | null = null
  private toldAtMs = -PROGRESS_EVERY_MS

  constructor(onProgress: (progress: RestoreProgress) => void = () => {}) {
    this.onProgress = onProgress
  }

  /** A new phase counts from zero again. */
  enter(phase: RestoreProgress['phase'], filesTotal: number | null, bytesTotal: number | null): void {
    this.phase = phase
    this.filesTotal = filesTotal
    this.bytesTotal = bytesTotal
    this.filesDone = 0
    this.bytesDone = 0
    this.currentPath = null
    this.tell(true)
  }

  /** Everything is staged again. */
  restart(): void {
    this.restoredFiles = 0
    this.restoredBytes = 0
    this.skippedFiles = 0
    this.provenFiles = 0
  }

  /** A file, symlink or hard link has the archive's content now. */
  restored(entry: Entry, isProven: boolean): void {
    this.restoredFiles++
    this.restoredBytes += entry.sizeBytes
    if (isProven) this.provenFiles++
    this.step(entry.path)
  }

  /** One more path is done in this phase. */
  step(path: string): void {
    this.filesDone++
    this.currentPath = path
    this.tell(false)
  }

  /** Content bytes that were written. */
  wrote(bytes: number): void {
    // Frames carry the padding of tar blocks, so the sum may run a little over.
    this.bytesDone = Math.min(this.bytesDone + bytes, this.bytesTotal ?? Number.POSITIVE_INFINITY)
    this.tell(false)
  }

  private tell(now: boolean): void {
    const nowMs = systemClock.monotonicMs()
    if (!now && nowMs - this.toldAtMs < PROGRESS_EVERY_MS) return
    this.toldAtMs = nowMs
    const { phase, filesDone, filesTotal, bytesDone, bytesTotal, currentPath } = this
    this.onProgress({ phase, filesDone, filesTotal, bytesDone, bytesTotal, currentPath })
  }
}

/** Adds a warning; the list is cut at a thousand. */
export function tallyWarning(tally: RestoreTally, path: string, code: string, message: string): void {
  if (tally.warnings.length < SHOWN_WARNINGS) tally.warnings.push({ path, code, message })
}
