import type { VerifyLevel } from '#lib/contracts/archive.ts'
import type { Finding } from '#lib/contracts/common.ts'
import { formatTime } from './format.ts'

const DAY_MS = 86_400_000
/** A proof that lapses within this time is ageing. */
export const AGEING_MS = 7 * DAY_MS

/** The level that proves each rung, from L1 on. */
export const LEVEL_OF_RUNG: readonly VerifyLevel[] = ['bytes', 'structure', 'content', 'config', 'drill']

export interface RungFacts {
  level: number
  passed: boolean
  checkedAt: string
  durationMs: number | null
  expiresAt: string | null
  findings: Finding[]
}

export interface RungLook {
  state: 'proven' | 'ageing' | 'lapsed' | 'undone' | 'failed' | 'open'
  /** The word of its state. */
  word: string
  /** Until when it counts, or what would raise it. */
  advice: string
  /** The job that does that; null = nothing is to do. */
  raise: VerifyLevel | null
}

/** How a rung of the ladder stands at a moment, and what would raise it. Rungs are the newest result of each level. */
export function rungLook(level: number, rungs: readonly RungFacts[], nowMs: number): RungLook {
  const raise = LEVEL_OF_RUNG[level - 1]!
  const how = raise === 'drill' ? 'Needs a drill' : `Run verify at level ${raise}`
  const rung = rungs.find((one) => one.level === level)
  if (!rung) return { state: 'open', word: 'Not run', advice: `${how}.`, raise }
  if (!rung.passed) return { state: 'failed', word: 'Failed', advice: `${failedHint(raise)}.`, raise }
  const below = rungs.find((one) => !one.passed && one.level < level && one.checkedAt >= rung.checkedAt)
  if (below) return { state: 'undone', word: `L${below.level} failed since`, advice: `${how} when L${below.level} passes again.`, raise }
  if (rung.expiresAt === null) return { state: 'proven', word: 'Proven', advice: 'Does not expire.', raise: null }
  const endMs = Date.parse(rung.expiresAt)
  const day = formatTime(rung.expiresAt, nowMs)
  const again = raise === 'drill' ? 'drill again' : 'verify again'
  if (endMs <= nowMs) return { state: 'lapsed', word: 'Ageing', advice: `Lapsed ${day}; ${again}.`, raise }
  if (endMs - nowMs <= AGEING_MS) return { state: 'ageing', word: 'Ageing', advice: `Expires ${day}; ${again}.`, raise }
  return { state: 'proven', word: 'Proven', advice: `Expires ${day}.`, raise: null }
}

const failedHint = (level: VerifyLevel) =>
  level === 'drill' ? 'Look at what the drill found, then drill again' : `Look at what was found, then run verify at level ${level}`

/** Whether a proof lapses within a week, or has lapsed. */
export const isAgeing = (expiresAt: string | null | undefined, nowMs: number): boolean =>
  expiresAt !== null && expiresAt !== undefined && Date.parse(expiresAt) - nowMs <= AGEING_MS
