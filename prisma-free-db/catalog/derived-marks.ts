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
  derived.proofUntilMs = [1, 2, 3, 4, 5].map((level) => proofUntil(derived.rungs, level))
  return derived
}

/**
 * The grade at a moment. A rung that passed proves the ones below it as of its own date; it stops to count when it expires
 * or when a lower rung fails later. 0 = a check failed and nothing counts; null = never measured, or every proof has expired.
 */
export function gradeAt(rungs: readonly Rung[], nowMs: number): { grade: Grade; gradedAt: string; expiresAt: string | null } | null {
  const best = rungs.findLast((rung) => stands(rung, rungs) && expiryMs(rung) > nowMs)
  if (best) return { grade: best.level as Grade, gradedAt: best.checkedAt, expiresAt: best.expiresAt }
  const failed = rungs.filter((rung) => !rung.passed).toSorted((a, b) => (a.checkedAt < b.checkedAt ? 1 : -1))[0]
  return failed ? { grade: 0, gradedAt: failed.checkedAt, expiresAt: null } : null
}

/** The check that proves a level now: of that level, or of the next higher one that stands. Null when none does. */
export function provenBy(rungs: readonly Rung[], level: number, nowMs: number): Rung | null {
  return rungs.find((rung) => rung.level >= level && stands(rung, rungs) && expiryMs(rung) > nowMs) ?? null
}

function proofUntil(rungs: readonly Rung[], level: number): number | null {
  const ends = rungs.filter((rung) => rung.level >= level && stands(rung, rungs)).map(expiryMs)
  return ends.length > 0 ? Math.max(...ends) : null
}

function stands(rung: Rung, rungs: readonly Rung[]): boolean {
  return rung.passed && !rungs.some((other) => !other.passed && other.level < rung.level && other.checkedAt >= rung.checkedAt)
}

function expiryMs(rung: Rung): number {
  return rung.expiresAt === null ? NO_END_MS : Date.parse(rung.expiresAt)
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
