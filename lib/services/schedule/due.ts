import { Cron } from 'croner'

/** A run is missed no further back than this many steps of its schedule: a console that was off for years must not count them all. */
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

/** Why a schedule cannot be meant, in words; null when it can. */
export function scheduleProblem(schedule: string, timeZone: string): string | null {
  try {
    return cronOf(schedule, timeZone).nextRun() ? null : `The schedule “${schedule}” never comes due.`
  } catch (error) {
    return `The schedule “${schedule}” in ${timeZone} is not valid: ${(error instanceof Error ? error.message : String(error)).replace(/\.$/, '')}.`
  }
}
