/** The map of days whose state no archive can give back. */
import type { RestorableArchive } from '#db/catalog/queries/list-restorable.ts'
import type { UnrestorableDays } from '#lib/contracts/evidence.ts'
import type { RetentionPolicy } from '#lib/contracts/retention.ts'

const DAY_MS = 86_400_000
const WEEK_DAYS = 7
const MONTH_DAYS = 31

/**
 * Runs of days without an archive that has every critical item and is not suspect, oldest first. Days that retention thins out by its policy are none: a
 * run counts when it is longer than what is kept at its age leaves out, or when archives were taken in it that lack something. `dateOf` gives the local date
 * of a moment; the day of `nowMs` is not over and does not count.
 */
export function unrestorableDays(
  archives: readonly RestorableArchive[],
  policy: Pick<RetentionPolicy, 'dailyDays' | 'weeklyWeeks'>,
  { nowMs, dateOf }: { nowMs: number; dateOf: (ms: number) => string },
): UnrestorableDays[] {
  const [first] = archives
  if (!first) return []
  const byDay = new Map<number, RestorableArchive[]>()
  for (const archive of archives) {
    const day = dayNumber(dateOf(archive.createdAtMs))
    byDay.set(day, [...(byDay.get(day) ?? []), archive])
  }
  const today = dayNumber(dateOf(nowMs))
  const runs: UnrestorableDays[] = []
  let from: number | null = null
  const end = (before: number) => {
    if (from === null) return
    const run = runOf(from, before, byDay)
    if (run.archives > 0 || run.days > leftOut(today - before, policy)) runs.push(run)
    from = null
  }
  for (let day = dayNumber(dateOf(first.createdAtMs)); day < today; day++) {
    if (byDay.get(day)?.some(isWhole)) end(day)
    else from ??= day
  }
  end(today)
  return runs
}

const isWhole = ({ suspect, lacks }: RestorableArchive): boolean => !suspect && lacks.length === 0

/** How many days in a row a policy leaves out at this age, in days. */
function leftOut(age: number, { dailyDays, weeklyWeeks }: Pick<RetentionPolicy, 'dailyDays' | 'weeklyWeeks'>): number {
  if (age < dailyDays) return 0
  return age < weeklyWeeks * WEEK_DAYS ? WEEK_DAYS * 2 - 1 : MONTH_DAYS * 2 - 1
}

function runOf(from: number, before: number, byDay: ReadonlyMap<number, RestorableArchive[]>): UnrestorableDays {
  const within = Array.from({ length: before - from }, (_, i) => byDay.get(from + i) ?? []).flat()
  const lacks = [...new Set(within.flatMap((archive) => (archive.suspect ? ['a state that can be trusted'] : archive.lacks)))]
  return { from: dateText(from), to: dateText(before - 1), days: before - from, archives: within.length, lacks }
}

const dayNumber = (date: string): number => Math.round(Date.parse(`${date}T00:00:00Z`) / DAY_MS)
const dateText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)
