import type { Rung } from '#lib/contracts/archive.ts'

const DAY_MS = 86_400_000
/** A proof that lapses within this time is ageing, and is renewed before anything else. */
export const AGEING_MS = 7 * DAY_MS
/** What was checked more recently than this is not due again. */
export const FRESH_MS = 7 * DAY_MS

export interface Candidate {
  id: string
  createdAt: string
  rungs: readonly Rung[]
}

/**
 * The archives to verify at a level, first one first: proofs that lapse within 7 days (soonest first), then what was never checked (newest
 * first), then the oldest check first. What was checked within the last 7 days and does not lapse is left out.
 */
export function dueOrder<T extends Candidate>(archives: readonly T[], level: number, nowMs: number): T[] {
  return archives
    .map((archive) => ({ archive, ...standingOf(archive, level) }))
    .filter(({ checkedMs, endMs }) => isAgeing(endMs, nowMs) || checkedMs === null || nowMs - checkedMs >= FRESH_MS)
    .sort((a, b) => {
      const [first, second] = [rankOf(a, nowMs), rankOf(b, nowMs)]
      if (first !== second) return first - second
      if (first === 0) return a.endMs! - b.endMs! || byAge(a.archive, b.archive)
      if (first === 1) return byAge(a.archive, b.archive)
      return a.checkedMs! - b.checkedMs! || byAge(a.archive, b.archive)
    })
    .map(({ archive }) => archive)
}

interface Standing {
  /** When it was last looked at so deep, whatever came of it. */
  checkedMs: number | null
  /** Until when the newest pass counts. */
  endMs: number | null
}

function standingOf({ rungs }: Candidate, level: number): Standing {
  const deep = rungs.filter((rung) => rung.level >= level)
  const checks = deep.map((rung) => Date.parse(rung.checkedAt))
  const ends = deep.flatMap((rung) => (rung.passed && rung.expiresAt !== null ? [Date.parse(rung.expiresAt)] : []))
  return { checkedMs: checks.length > 0 ? Math.max(...checks) : null, endMs: ends.length > 0 ? Math.max(...ends) : null }
}

/** Lapsed long ago is no longer about to lapse: it stands in line by its age. */
const isAgeing = (endMs: number | null, nowMs: number) => endMs !== null && endMs - nowMs <= AGEING_MS && endMs > nowMs
const rankOf = ({ checkedMs, endMs }: Standing, nowMs: number) => (isAgeing(endMs, nowMs) ? 0 : checkedMs === null ? 1 : 2)
const byAge = (a: Candidate, b: Candidate) => (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : 0)
