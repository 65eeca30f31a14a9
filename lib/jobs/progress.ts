import type { JobProgress } from '#lib/contracts/job.ts'

/** What the work itself knows of its progress. */
export interface WorkProgress {
  phase: string
  filesDone: number
  filesTotal: number | null
  bytesDone: number
  bytesTotal: number | null
  currentPath: string | null
}

/** Speed is a mean over this long; time left is told once this much has passed. */
const SPEED_WINDOW_MS = 10_000
const ETA_AFTER_MS = 5000
const MOST_SAMPLES = 64

/** Turns counts into honest progress: a mean speed over 10 s, time left only when the total is known. */
export class ProgressMeter {
  private readonly samples: { atMs: number; bytes: number }[] = []
  private phase = ''
  private phaseStartedMs = 0

  /** `nowMs` is monotonic, `at` the wall clock for people. */
  measure(work: WorkProgress, nowMs: number, at: string): JobProgress {
    if (work.phase !== this.phase) {
      this.phase = work.phase
      this.phaseStartedMs = nowMs
      this.samples.length = 0
    }
    this.samples.push({ atMs: nowMs, bytes: work.bytesDone })
    while (this.samples.length > MOST_SAMPLES || (this.samples.length > 1 && nowMs - this.samples[0]!.atMs > SPEED_WINDOW_MS))
      this.samples.shift()
    const oldest = this.samples[0]!
    const elapsedMs = nowMs - oldest.atMs
    const bytesPerSecond = elapsedMs < 500 ? null : Math.max(0, Math.round(((work.bytesDone - oldest.bytes) / elapsedMs) * 1000))
    return { ...work, bytesPerSecond, etaMs: this.etaMs(work, bytesPerSecond, nowMs), at }
  }

  private etaMs(work: WorkProgress, bytesPerSecond: number | null, nowMs: number): number | null {
    if (work.bytesTotal === null || !bytesPerSecond || nowMs - this.phaseStartedMs < ETA_AFTER_MS) return null
    const leftMs = ((work.bytesTotal - work.bytesDone) / bytesPerSecond) * 1000
    const step = leftMs > 90_000 ? 60_000 : 5000
    return Math.max(step, Math.round(leftMs / step) * step)
  }
}
