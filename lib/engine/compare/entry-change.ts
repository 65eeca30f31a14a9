/**
 * What counts as a change (docs/adr/0022): type, content, link target, mode or owner. A new time alone does not, since the stock backup script
 * touches every file each day; it is only told beside another change.
 */
import { type Entry, type EntryType, formatMtime, mtimesEqual } from '../entry.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { EntryDelta } from './entry-delta.ts'

/** What two versions of an entry may differ in. */
export type ChangedPart = 'type' | 'content' | 'link' | 'mode' | 'owner' | 'time'

/** One side of a change. */
export interface EntryVersion {
  type: EntryType
  sizeBytes: number
  /** Seconds since 1970 with nine decimals. */
  mtime: string
  mode: number
  uid: number
  gid: number
  /** Null for everything but files, and for a live file that nobody had to read. */
  sha256: string | null
  linkTarget: string | null
}

export interface EntryChange {
  path: string
  kind: 'added' | 'removed' | 'changed'
  /** Null when no item of either side has it. */
  itemKey: string | null
  /** Null on the side that does not have it. */
  before: EntryVersion | null
  after: EntryVersion | null
  /** Only for `changed`. */
  parts: ChangedPart[]
}

/** An entry that may lack its content's hash: its content is then known to differ when `isContentDifferent` says so. */
export interface ComparedEntry extends Pick<Entry, 'type' | 'sizeBytes' | 'mtimeNs' | 'mode' | 'uid' | 'gid' | 'sha256' | 'linkTarget'> {
  isContentDifferent?: boolean
}

/** The change between two sides of a path; null when it is none. */
export function changeOf(
  path: string,
  itemKey: string | null,
  before: ComparedEntry | null,
  after: ComparedEntry | null,
): EntryChange | null {
  if (before === null && after === null) return null
  const sides = { before: before && versionOf(before), after: after && versionOf(after) }
  if (before === null || after === null) return { path, itemKey, kind: before === null ? 'added' : 'removed', ...sides, parts: [] }
  const parts = changedParts(before, after)
  return parts.every((part) => part === 'time') ? null : { path, itemKey, kind: 'changed', ...sides, parts }
}

function changedParts(before: ComparedEntry, after: ComparedEntry): ChangedPart[] {
  const parts: ChangedPart[] = []
  if (before.type !== after.type) parts.push('type')
  else if (after.isContentDifferent || before.sha256 !== after.sha256 || before.sizeBytes !== after.sizeBytes) parts.push('content')
  if (before.linkTarget !== after.linkTarget) parts.push('link')
  if (before.mode !== after.mode) parts.push('mode')
  if (before.uid !== after.uid || before.gid !== after.gid) parts.push('owner')
  if (!mtimesEqual(before.mtimeNs, after.mtimeNs)) parts.push('time')
  return parts
}

function versionOf({ type, sizeBytes, mtimeNs, mode, uid, gid, sha256, linkTarget }: ComparedEntry): EntryVersion {
  return { type, sizeBytes, mtime: formatMtime(mtimeNs), mode, uid, gid, sha256, linkTarget }
}

/** The changes between two archives, in archive order. */
export async function* changesOf(
  delta: AsyncIterable<EntryDelta>,
  itemKeyOf: (path: string) => string | null,
): AsyncGenerator<EntryChange> {
  for await (const { path, before, after } of delta) {
    const change = changeOf(path, itemKeyOf(path), before, after)
    if (change) yield change
  }
}

/** Tells the item of a path by the name it starts with. Where both sides name one, the newer side counts. */
export function itemKeys(...sides: readonly Pick<Manifest['items'][number], 'key' | 'archiveName'>[][]): (path: string) => string | null {
  const byName = new Map<string, string>()
  for (const { key, archiveName } of sides.flat()) if (archiveName !== null) byName.set(archiveName, key)
  return (path) => {
    const slash = path.indexOf('/')
    return byName.get(slash === -1 ? path : path.slice(0, slash)) ?? null
  }
}
