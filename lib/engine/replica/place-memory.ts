/**
 * What is remembered of a place between two syncs: which objects are there by our doing, when each was read back last, until when it is locked, and the
 * heads of its archives. Nothing is lost with it: without it everything on the copy counts as never checked, and nobody is accused of a deletion.
 */
import type { ArchiveId } from '#lib/base/ids.ts'
import type { ArchiveHead } from '../prune/delete-vetoes.ts'

export interface KnownObject {
  sizeBytes: number
  /** When its bytes were read back last, or written and confirmed; 0 = never. */
  checkedAtMs: number
  /** SHA-256 in hex; null = unknown, or its name says it. */
  sha256: string | null
  /** Null = not locked. */
  lockedUntilMs: number | null
}

export interface PlaceMemory {
  version: 1
  repositoryId: string | null
  objects: Record<string, KnownObject>
  /** Names that are being removed: after a crash their absence is our own doing. */
  going: string[]
  /** Dead packs may lie there: an archive was removed since they were looked for, or a lock kept one. */
  sweepDue: boolean
  /** At the end of the last sync every archive on the copy was complete, and nothing has gone missing or bad since. */
  isComplete: boolean
  heads: Record<ArchiveId, RememberedHead>
  /** Names of objects that were damaged and written over: a store with versions shows the same for what somebody else overwrote. */
  replaced: string[]
  /** Versions and markers that were told already. */
  seenTampering: string[]
}

export type RememberedHead = ArchiveHead & { note: string | null }

/** Nothing known yet. */
export function emptyMemory(): PlaceMemory {
  return {
    version: 1,
    repositoryId: null,
    objects: {},
    going: [],
    sweepDue: false,
    isComplete: false,
    heads: {},
    replaced: [],
    seenTampering: [],
  }
}

/** Reads what was remembered; anything else than a memory of this version counts as nothing known. */
export function parseMemory(text: string): PlaceMemory {
  try {
    const value = JSON.parse(text) as PlaceMemory | null
    return value?.version === 1 && typeof value.objects === 'object' ? { ...emptyMemory(), ...value } : emptyMemory()
  } catch {
    return emptyMemory()
  }
}
