import { type ArchiveId, isArchiveId } from '#lib/base/ids.ts'

/** Sizes of objects by name. */
export type Listing = Map<string, number>

/** What stands at the top of every place, in the order in which it is written: the head last, since it makes the place a repository. */
export const HEAD_OBJECTS = ['README.txt', 'recover.sh', 'repository.json'] as const

/** Folders of a copy. What a host keeps beside them (`locks/`, `tmp/`, `trash/`, `damaged/`) is its own affair. */
export const COPIED_FOLDERS = ['keys/', 'packs/', 'manifests/', 'marks/', 'system/'] as const

/** Says whose place it is; below `system/`, where nothing else looks for it. */
export const OWNER_NAME = 'system/replica/owner.json'

const MANIFEST = /^manifests\/(arc_[0-9a-f]{24})\.mft\.zst$/
const MARK = /^marks\/(arc_[0-9a-f]{24})\/\d{6}-([a-z]+)\.json$/
/** A host's own trash is no business of the copy's. */
const TRASH_MARKS: ReadonlySet<string> = new Set(['forget', 'unforget'])

/** The archive whose manifest this is; null = another object. */
export function archiveOfManifest(name: string): ArchiveId | null {
  const id = MANIFEST.exec(name)?.[1] ?? ''
  return isArchiveId(id) ? id : null
}

/** The archive that a mark is about; null = no mark, or one that says whether the host forgot it, which a copy does not repeat. */
export function archiveOfMark(name: string): ArchiveId | null {
  const [, id = '', kind = ''] = MARK.exec(name) ?? []
  return isArchiveId(id) && !TRASH_MARKS.has(kind) ? id : null
}

/** Ids of the archives that a listing names. */
export function archivesIn(listing: Listing): ArchiveId[] {
  const ids: ArchiveId[] = []
  for (const name of listing.keys()) {
    const id = archiveOfManifest(name)
    if (id !== null) ids.push(id)
  }
  return ids
}

/** Marks by archive, in the order of their names. */
export function marksIn(listing: Listing): Map<ArchiveId, string[]> {
  const marks = new Map<ArchiveId, string[]>()
  for (const name of [...listing.keys()].sort()) {
    const id = archiveOfMark(name)
    if (id === null) continue
    const of = marks.get(id)
    if (of) of.push(name)
    else marks.set(id, [name])
  }
  return marks
}

export const isPack = (name: string): boolean => name.startsWith('packs/') && name.endsWith('.pack')

/** The SHA-256 that a pack's name says. */
export const sha256InName = (pack: string): string => /([0-9a-f]{64})\.pack$/.exec(pack)?.[1] ?? ''
