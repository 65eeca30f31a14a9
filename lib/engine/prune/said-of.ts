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
  const rungs = new Map<number, Extract<Mark, { kind: 'grade' }>>()
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
      case 'grade':
        rungs.set(mark.level, mark)
        break
      case 'forget':
        said.forgotten = { at: mark.at, actor: mark.actor, reason: mark.reason }
        break
      case 'unforget':
        said.forgotten = null
        break
      default:
        // Notes, and kinds of a newer version, say nothing about it.
        break
    }
  }
  const all = [...rungs.values()]
  for (const rung of all) {
    const fell = all.some((other) => !other.passed && other.level < rung.level && other.at >= rung.at)
    if (rung.level < KNOWN_GOOD || !rung.passed || fell) continue
    const until = rung.expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(rung.expiresAt)
    said.knownGoodUntilMs = Math.max(said.knownGoodUntilMs ?? Number.NEGATIVE_INFINITY, until)
  }
  return said
}
