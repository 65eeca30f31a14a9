/** The rule of grades: what checks of an archive say together. The catalog, retention of copies and the vetoes of forgetting all ask here. */

/** The newest check of an archive at one level. */
export interface CheckedRung {
  /** 1 to 5. */
  level: number
  passed: boolean
  checkedAt: string
  /** Null = it never lapses. */
  expiresAt: string | null
}

/** The checks that prove something, as of their own dates: passed, and no lower level failed since. A rung that stands proves the ones below it. */
export const standingRungs = <R extends CheckedRung>(rungs: readonly R[]): R[] =>
  rungs.filter(
    (rung) => rung.passed && !rungs.some((other) => !other.passed && other.level < rung.level && other.checkedAt >= rung.checkedAt),
  )

/** Until when a check proves what it does, in milliseconds; infinite = for ever. */
export const provesUntilMs = ({ expiresAt }: CheckedRung): number => (expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt))

/** Until when an archive counts as proven at a level or better; infinite = for ever, null = it does not. */
export function provenUntilMs(rungs: readonly CheckedRung[], level: number): number | null {
  const ends = standingRungs(rungs)
    .filter((rung) => rung.level >= level)
    .map(provesUntilMs)
  return ends.length > 0 ? Math.max(...ends) : null
}

/**
 * The grade at a moment, and the check that gives it: the highest level that stands and has not lapsed. 0 = none does and a check failed, told by the
 * newest that did; null = never checked, or every proof has lapsed.
 */
export function gradeOfRungs<R extends CheckedRung>(rungs: readonly R[], nowMs: number): { grade: number; by: R } | null {
  const counting = standingRungs(rungs).filter((rung) => provesUntilMs(rung) > nowMs)
  if (counting.length > 0) {
    const by = counting.reduce((best, rung) => (rung.level > best.level ? rung : best))
    return { grade: by.level, by }
  }
  const failed = rungs.filter(({ passed }) => !passed)
  if (failed.length === 0) return null
  return { grade: 0, by: failed.reduce((newest, rung) => (rung.checkedAt > newest.checkedAt ? rung : newest)) }
}
