import { gradeOfRungs, provenUntilMs, provesUntilMs, standingRungs } from '#lib/base/rungs.ts'
import type { ArchiveSummary, Rung } from '#lib/contracts/archive.ts'
import type { Finding, Grade } from '#lib/contracts/common.ts'
import type { MarkRow } from './archive-row.ts'

/** Later than any date: proof without an end, a hold without an end. */
export const NO_END_MS = Number.MAX_SAFE_INTEGER

/** Everything that an archive's marks say about it; a pure function of the marks in their order. */
export interface DerivedMarks {
  hold: ArchiveSummary['hold']
  suspect: boolean
  /** A suspicion was accepted at some time. */
  wasAccepted: boolean
  /** A release stands, and no hold after it. */
  isReleased: boolean
  /** The newest note; null = none, the manifest's own stands. */
  note: string | null
  /** The newest result of each level, lowest level first. */
  rungs: Rung[]
  /** For level 1 to 5: until when the archive counts as proven at that level or better; null = it does not. */
  proofUntilMs: (number | null)[]
  forgottenAtMs: number | null
}

/** Reads the marks of one archive, oldest first; of marks that undo each other the last one wins. */
export function deriveMarks(marks: readonly MarkRow[]): DerivedMarks {
  const derived: DerivedMarks = {
    hold: null,
    suspect: false,
    wasAccepted: false,
    isReleased: false,
    note: null,
    rungs: [],
    proofUntilMs: [],
    forgottenAtMs: null,
  }
  const rungs = new Map<number, Rung>()
  for (const mark of marks) {
    switch (mark.kind) {
      case 'hold':
        derived.hold = { reason: textOf(mark.reason) ?? '', until: textOf(mark.until), actor: mark.actor, at: mark.at }
        derived.isReleased = false
        break
      case 'release':
        derived.hold = null
        derived.isReleased = true
        break
      case 'suspect':
        derived.suspect = true
        break
      case 'accept':
        derived.suspect = false
        derived.wasAccepted = true
        break
      case 'note':
        derived.note = textOf(mark.text)
        break
      case 'grade': {
        const rung = rungOf(mark)
        if (rung) rungs.set(rung.level, rung)
        break
      }
      case 'forget':
        derived.forgottenAtMs = Date.parse(mark.at)
        break
      case 'unforget':
        derived.forgottenAtMs = null
        break
      default:
        mark.kind satisfies never
    }
  }
  derived.rungs = [...rungs.values()].toSorted((a, b) => a.level - b.level)
  derived.proofUntilMs = [1, 2, 3, 4, 5].map((level) => {
    const untilMs = provenUntilMs(derived.rungs, level)
    return untilMs === null ? null : Math.min(untilMs, NO_END_MS)
  })
  return derived
}

/** The grade at a moment, when it was found and until when it counts; null = never measured, or every proof has expired. */
export function gradeAt(rungs: readonly Rung[], nowMs: number): { grade: Grade; gradedAt: string; expiresAt: string | null } | null {
  const graded = gradeOfRungs(rungs, nowMs)
  if (!graded) return null
  const { grade, by } = graded
  return { grade: grade as Grade, gradedAt: by.checkedAt, expiresAt: grade === 0 ? null : by.expiresAt }
}

/** The check that proves a level now: of that level, or of the next higher one that stands. Null when none does. */
export function provenBy(rungs: readonly Rung[], level: number, nowMs: number): Rung | null {
  return standingRungs(rungs).find((rung) => rung.level >= level && provesUntilMs(rung) > nowMs) ?? null
}

function rungOf(mark: MarkRow): Rung | null {
  const level = mark.level
  if (typeof level !== 'number' || !Number.isInteger(level) || level < 1 || level > 5) return null
  return {
    level,
    passed: mark.passed === true,
    checkedAt: mark.at,
    durationMs: typeof mark.durationMs === 'number' ? mark.durationMs : null,
    expiresAt: textOf(mark.expiresAt),
    findings: Array.isArray(mark.findings) ? (mark.findings as Finding[]) : [],
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}
