/** Which archives the windows of a policy keep. Equal to `restic forget --keep-within-daily … --keep-last …` over archives in UTC. */
import type { ArchiveId } from '#lib/base/ids.ts'
import { type ArchiveFacts, isSound } from './archive-facts.ts'
import type { RetentionPolicy } from './policy.ts'
import type { Periods, ZonedCalendar } from './zone.ts'

export type Slot = 'last' | 'daily' | 'weekly' | 'monthly' | 'yearly'

interface Window {
  slot: Exclude<Slot, 'last'>
  period: keyof Periods
  count: number
  /** Archives after this moment are within. */
  afterMs: number
}

/** One archive by the windows. */
export interface WindowVerdict {
  /** By which it stays. */
  slots: Slot[]
  /** Why it stays, `daily 3 of 30`; or, when it does not, why it goes. */
  reasons: string[]
}

/** The windows of a policy that reach back from `anchorMs`. */
function windowsOf(policy: RetentionPolicy, anchorMs: number, calendar: ZonedCalendar): Window[] {
  const { dailyDays, weeklyWeeks, monthlyMonths, yearlyYears } = policy
  const windows: Window[] = [
    { slot: 'daily', period: 'day', count: dailyDays, afterMs: calendar.add(anchorMs, { days: -dailyDays }) },
    { slot: 'weekly', period: 'week', count: weeklyWeeks, afterMs: calendar.add(anchorMs, { days: -7 * weeklyWeeks }) },
    { slot: 'monthly', period: 'month', count: monthlyMonths, afterMs: calendar.add(anchorMs, { months: -monthlyMonths }) },
    { slot: 'yearly', period: 'year', count: yearlyYears, afterMs: calendar.add(anchorMs, { years: -yearlyYears }) },
  ]
  return windows.filter(({ count }) => count > 0)
}

/**
 * Judges archives, newest first and none after the anchor, by the windows of a policy. Of each period within a window the newest sound archive
 * stays, and of one without a sound one the newest.
 */
export function judgeByWindows(
  archives: readonly ArchiveFacts[],
  policy: RetentionPolicy,
  anchorMs: number,
  calendar: ZonedCalendar,
): Map<ArchiveId, WindowVerdict> {
  const windows = windowsOf(policy, anchorMs, calendar)
  const anchor = calendar.periodsOf(anchorMs)
  const seen = archives.map((archive) => ({ archive, periods: calendar.periodsOf(archive.createdAtMs) }))
  const standing = windows.map((window) => {
    const chosen = new Map<number, ArchiveFacts>()
    for (const { archive, periods } of seen) {
      if (archive.createdAtMs <= window.afterMs) break
      const before = chosen.get(periods[window.period])
      if (!before || (!isSound(before) && isSound(archive))) chosen.set(periods[window.period], archive)
    }
    return chosen
  })
  const verdicts = new Map<ArchiveId, WindowVerdict>()
  for (const [i, { archive, periods }] of seen.entries()) {
    const stays: WindowVerdict = { slots: [], reasons: [] }
    const outside: string[] = []
    const taken: string[] = []
    if (i < policy.keepLast) {
      stays.slots.push('last')
      stays.reasons.push(`last ${i + 1} of ${policy.keepLast}`)
    }
    for (const [w, { slot, period, count, afterMs }] of windows.entries()) {
      const nth = anchor[period] - periods[period] + 1
      if (archive.createdAtMs <= afterMs) outside.push(`${period} ${nth}, ${slot} keeps ${count}`)
      else if (standing[w]!.get(periods[period]) === archive) {
        stays.slots.push(slot)
        // A window is cut at the anchor's time of day, so that it may hold a part of one period more than it counts.
        stays.reasons.push(`${slot} ${Math.min(nth, count)} of ${count}`)
      } else taken.push(period)
    }
    verdicts.set(archive.id, stays.slots.length > 0 ? stays : { slots: [], reasons: whyGoes(outside, taken) })
  }
  return verdicts
}

function whyGoes(outside: string[], taken: string[]): string[] {
  const last = taken.at(-1)
  const list = taken.length > 1 ? `${taken.slice(0, -1).join(', ')} and ${last}` : last
  const reasons = [...outside, ...(list === undefined ? [] : [`another stands for its ${list}`])]
  return reasons.length > 0 ? reasons : ['not among the last']
}
