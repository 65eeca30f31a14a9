import type { ArchiveId } from '#lib/base/ids.ts'
import type { ArchiveKind } from '../repository/manifest.ts'

/** What a plan needs to know about an archive; everything as of the moment of the plan. */
export interface ArchiveFacts {
  id: ArchiveId
  kind: ArchiveKind
  createdAtMs: number
  note: string | null
  /** 0 = a check failed; null = never measured, or every proof has lapsed. */
  grade: number | null
  /** Tripped its baseline, and nobody accepted it. */
  suspect: boolean
  /** Somebody accepted it as it is, be it its state or its date. */
  accepted: boolean
  /** Null = not held; `until` null = for ever. */
  hold: { actor: string; reason: string; until: string | null } | null
  /** Until when it counts as proven at L3 or better; also past ones, infinite = for ever, null = it never did or fell. */
  knownGoodUntilMs: number | null
  /** Why a restore or its undo needs it, `undo until 2026-12-01`; null = none does. */
  neededBy: string | null
  /** For offload archives: a lead has let them go. */
  released: boolean
}

/** A whole native archive, or an adopted one; what windows and anchors are about. */
export const isWhole = ({ kind }: Pick<ArchiveFacts, 'kind'>): boolean => kind === 'backup' || kind === 'import'

/** Known to be bad, or not known to be what it should be: stands for a period only when no other does. */
export const isSound = ({ suspect, grade }: Pick<ArchiveFacts, 'suspect' | 'grade'>): boolean => !suspect && grade !== 0

/** Newest first; the same order for the same archives, whatever order they came in. */
export const byNewest = (a: ArchiveFacts, b: ArchiveFacts): number =>
  b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0)
