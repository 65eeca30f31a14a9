import type { ArchiveId } from '#lib/base/ids.ts'
import type { ArchiveFacts } from './archive-facts.ts'
import { DEFAULT_POLICY, type RetentionPolicy } from './policy.ts'

/** An id that says its number. */
export const idOf = (n: number): ArchiveId => `arc_${n.toString(16).padStart(24, '0')}`

/** A plain backup taken at a time (ISO text or ms), with what else is said of it. */
export function archiveAt(n: number, at: string | number, more: Partial<ArchiveFacts> = {}): ArchiveFacts {
  const createdAtMs = typeof at === 'number' ? at : Date.parse(at)
  const plain = { note: null, grade: null, suspect: false, accepted: false, hold: null, neededBy: null, released: false }
  const knownGoodUntilMs = (more.grade ?? 0) >= 3 ? Number.POSITIVE_INFINITY : null
  return { id: idOf(n), kind: 'backup', createdAtMs, knownGoodUntilMs, ...plain, ...more }
}

/** A policy with nothing but what is given. */
export const only = (more: Partial<RetentionPolicy>): RetentionPolicy => ({
  ...DEFAULT_POLICY,
  dailyDays: 0,
  weeklyWeeks: 0,
  monthlyMonths: 0,
  ...more,
})
