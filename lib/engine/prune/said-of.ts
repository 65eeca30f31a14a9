import { type CheckedRung, provenUntilMs } from '#lib/base/rungs.ts'
import type { Mark } from '../repository/mark.ts'

/** What an archive's marks say that matters to whether it may go; a pure function of the marks in their order. */
export interface Said {
  /** Null = not held; `until` null = for ever. Whether it has ended is for who asks. */
  hold: { actor: string; reason: string; until: string | null } | null
  /** Somebody let it go since it was last held. */
  released: boolean
  suspect: boolean
  /** Until when it counts as proven at level 3 or better, in milliseconds; infinite = for ever, null = it does not. */
  knownGoodUntilMs: number | null
  /** The last word on whether it is forgotten; null = it is not. */
  forgotten: { at: string; actor: string; reason: string } | null
}

const KNOWN_GOOD = 3

/** Reads an archive's marks, oldest first. */
export function saidOf(marks: readonly Mark[]): Said {
  const said: Said = { hold: null, released: false, suspect: false, knownGoodUntilMs: null, forgotten: null }
  for (const mark of marks) {
    switch (mark.kind) {
      case 'hold':
        said.hold = { actor: mark.actor, reason: mark.reason, until: mark.until }
        said.released = false
        break
      case 'release':
        said.hold = null
        said.released = true
        break
      case 'suspect':
        said.suspect = true
        break
      case 'accept':
        said.suspect = false
        break
      case 'forget':
        said.forgotten = { at: mark.at, actor: mark.actor, reason: mark.reason }
        break
      case 'unforget':
        said.forgotten = null
        break
      default:
        // Grades are read below. Notes, and kinds of a newer version, say nothing about it.
        break
    }
  }
  said.knownGoodUntilMs = provenUntilMs(rungsOf(marks), KNOWN_GOOD)
  return said
}

/** The newest check of each level that an archive's marks tell of. */
export function rungsOf(marks: readonly Mark[]): CheckedRung[] {
  const rungs = new Map<number, CheckedRung>()
  for (const mark of marks) {
    if (mark.kind !== 'grade') continue
    const { level, passed, at: checkedAt, expiresAt } = mark
    rungs.set(level, { level, passed, checkedAt, expiresAt })
  }
  return [...rungs.values()]
}
