import { formatBytes, formatCount, formatDuration } from '#lib/base/units.ts'
import type { JobProgress } from '#lib/contracts/job.ts'

const BAR_WIDTH = 20

/** One line for a terminal: phase, bar, files, bytes, speed, time left, path; always in this order, what is unknown as `-`. */
export function progressLine(progress: JobProgress, columns: number): string {
  if (progress.phase === 'waiting') return cut(`waiting for ${progress.currentPath ?? 'another writer'}`, columns)
  const of = (done: string, total: string | null) => (total === null ? done : `${done} of ${total}`)
  const parts = [
    progress.phase,
    ...bar(progress),
    `${of(formatCount(progress.filesDone), progress.filesTotal === null ? null : formatCount(progress.filesTotal))} files`,
    of(formatBytes(progress.bytesDone), progress.bytesTotal === null ? null : formatBytes(progress.bytesTotal)),
    progress.bytesPerSecond === null ? '-' : `${formatBytes(progress.bytesPerSecond)}/s`,
    progress.etaMs === null ? '-' : `${formatDuration(progress.etaMs)} left`,
  ]
  const head = parts.join(' · ')
  const room = columns - head.length - 4
  const path = progress.currentPath ?? ''
  if (room < 10 || path === '') return cut(head, columns)
  return `${head} · ${path.length > room ? `…${path.slice(-(room - 1))}` : path}`
}

/** A bar only where the total is known: half a bar for nothing known would be a guess. */
function bar({ bytesDone, bytesTotal }: JobProgress): string[] {
  if (!bytesTotal) return []
  const full = Math.round(Math.min(1, bytesDone / bytesTotal) * BAR_WIDTH)
  return [`${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)}`]
}

const cut = (text: string, columns: number) => (text.length < columns ? text : `${text.slice(0, Math.max(1, columns - 2))}…`)
