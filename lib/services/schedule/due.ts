import { Cron } from 'croner'

/** No more steps of a schedule than this are counted: a console that was off for years must not count them all. */
const MOST_STEPS = 100_000

const cronOf = (schedule: string, timeZone: string) => new Cron(schedule, { timezone: timeZone, paused: true })

/** The first time after `afterMs` at which a schedule comes due; null when never. */
export function nextDue(schedule: string, timeZone: string, afterMs: number): number | null {
  return cronOf(schedule, timeZone).nextRun(new Date(afterMs))?.getTime() ?? null
}

/** Every time in (fromMs, toMs] at which a schedule came due, oldest first. */
export function dueBetween(schedule: string, timeZone: string, fromMs: number, toMs: number): number[] {
  const cron = cronOf(schedule, timeZone)
  const due: number[] = []
  for (let at = cron.nextRun(new Date(fromMs)); at && at.getTime() <= toMs && due.length < MOST_STEPS; at = cron.nextRun(at))
    due.push(at.getTime())
  return due
}

const HOUR_MS = 3_600_000
/** How far back the newest due time is looked for, step by step: a schedule of each minute that nobody looked at for years costs one hour's steps. */
const LOOK_BACK_MS = [HOUR_MS, 24 * HOUR_MS, 32 * 24 * HOUR_MS, 366 * 24 * HOUR_MS, Number.POSITIVE_INFINITY]

/** The newest time in (fromMs, toMs] at which a schedule came due; null when it did not. */
export function newestDue(schedule: string, timeZone: string, fromMs: number, toMs: number): number | null {
  for (const lookBackMs of LOOK_BACK_MS) {
    const sinceMs = Math.max(fromMs, toMs - lookBackMs)
    const newest = dueBetween(schedule, timeZone, sinceMs, toMs).at(-1)
    if (newest !== undefined) return newest
    if (sinceMs === fromMs) return null
  }
  return null
}

/** Why a time zone cannot be meant, in words; null when it can. */
export function zoneProblem(timeZone: string): string | null {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone })
    return null
  } catch {
    return `There is no time zone “${timeZone}”.`
  }
}

/** Why a schedule cannot be meant, in words; null when it can. */
export function scheduleProblem(schedule: string, timeZone: string): string | null {
  try {
    return cronOf(schedule, timeZone).nextRun() ? null : `The schedule “${schedule}” never comes due.`
  } catch (error) {
    return `The schedule “${schedule}” in ${timeZone} is not valid: ${(error instanceof Error ? error.message : String(error)).replace(/\.$/, '')}.`
  }
}
