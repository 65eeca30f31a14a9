import { isAppError } from '#lib/base/errors.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { Entry, FrameId } from '../entry.ts'
import type { ArchiveKind, Manifest, ManifestItem } from '../repository/manifest.ts'
import type { ArchiveReader } from '../repository/repository.ts'
import { findEntry } from '../restore/chosen-paths.ts'
import { EntryGuard, parentOf } from '../restore/safe-path.ts'
import { encodeHead, paddingOf } from '../tar/head.ts'
import { checkRequired } from './check-required.ts'
import { readEntries } from './read-entries.ts'
import type { FindingList } from './verify-types.ts'

export interface StructureInput {
  reader: ArchiveReader
  manifest: Manifest
  /** Uncompressed bytes of a stored frame; null = it is not stored. */
  rawBytesOf: (id: FrameId) => number | null
  signal: AbortSignal | undefined
  onProgress: (entry: Entry) => void
}

/**
 * L2: the archive is the tar stream that its lines describe: paths are safe and in order, every head is the one its line asks for, every
 * content is as long as its line says, required items are there, and the counts are right.
 */
export async function checkStructure(input: StructureInput, findings: FindingList): Promise<void> {
  const { manifest } = input
  const items = new Map(manifest.items.flatMap((item) => (item.archiveName === null ? [] : [[item.archiveName, newTally(item)] as const])))
  const guard = new EntryGuard()
  const folders = new FolderWay()
  let entries = 0
  for await (const entry of readEntries(input.reader, manifest, findings)) {
    throwIfCancelled(input.signal)
    entries++
    checkPath(entry, guard, folders, findings)
    checkHead(entry, input.reader, findings)
    if (entry.type === 'file') checkLength(entry, input.rawBytesOf, findings)
    if (entry.type === 'hardlink') await checkLink(entry, input.reader, findings)
    countEntry(entry, items, findings)
    input.onProgress(entry)
  }
  if (entries !== manifest.totals.entries) {
    findings.add('error', 'entries_missing', null, `The archive lists ${entries} entries, its manifest says ${manifest.totals.entries}.`)
  }
  for (const item of manifest.items) checkItem(item, items.get(item.archiveName ?? ''), manifest.kind, findings)
  const listed = new Set([...items].flatMap(([name, { top }]) => (top === null ? [] : [name])))
  await checkRequired(input, listed, findings)
}

interface ItemTally {
  item: ManifestItem
  top: Entry | null
  files: number
  contentBytes: number
}

const newTally = (item: ManifestItem): ItemTally => ({ item, top: null, files: 0, contentBytes: 0 })

/** The folders above the current entry; archive order makes it a stack. */
class FolderWay {
  private readonly open: string[] = []

  /** True when the entry's folder came before it. */
  enter(entry: Entry): boolean {
    const parent = parentOf(entry.path)
    while (this.open.length > 0 && this.open.at(-1) !== parent) this.open.pop()
    const isThere = parent === null || this.open.length > 0
    if (entry.type === 'dir') this.open.push(entry.path)
    return isThere
  }
}

function checkPath(entry: Entry, guard: EntryGuard, folders: FolderWay, findings: FindingList): void {
  try {
    guard.check(entry)
  } catch (error) {
    if (!isAppError(error)) throw error
    findings.add('error', error.code, entry.path, error.message)
  }
  if (!folders.enter(entry)) findings.add('error', 'folder_missing', entry.path, `${entry.path} has no folder in the archive.`)
}

/** Heads are deterministic: the one that the line describes must be the one that is stored. */
function checkHead(entry: Entry, { codec }: ArchiveReader, findings: FindingList): void {
  let expected: FrameId
  try {
    expected = codec.frameId(encodeHead(entry))
  } catch {
    // An unsafe path was named already.
    return
  }
  if (entry.frames[0] === expected) return
  findings.add('error', 'head_differs', entry.path, `The tar header of ${entry.path} does not say what its line in the manifest says.`)
}

function checkLength(entry: Entry, rawBytesOf: StructureInput['rawBytesOf'], findings: FindingList): void {
  let stored = 0
  for (const id of entry.frames.slice(1)) stored += rawBytesOf(id) ?? 0
  const expected = entry.sizeBytes + paddingOf(entry.sizeBytes)
  if (stored === expected && entry.sha256 !== null) return
  const message = `The content of ${entry.path} is ${stored} bytes in the archive; its line asks for ${expected} with padding.`
  findings.add('error', 'length_differs', entry.path, message)
}

async function checkLink(entry: Entry, reader: ArchiveReader, findings: FindingList): Promise<void> {
  let target: Entry | null = null
  try {
    target = await findEntry(reader, entry.linkTarget!)
  } catch (error) {
    if (!isAppError(error)) throw error
  }
  if (target?.type === 'file') return
  findings.add('error', 'link_broken', entry.path, `${entry.path} is a hard link to ${entry.linkTarget}, which is no file of the archive.`)
}

function countEntry(entry: Entry, items: Map<string, ItemTally>, findings: FindingList): void {
  const slash = entry.path.indexOf('/')
  const tally = items.get(slash < 0 ? entry.path : entry.path.slice(0, slash))
  if (!tally) {
    findings.add('error', 'item_unknown', entry.path, `${entry.path} belongs to no item of the manifest.`)
    return
  }
  if (slash < 0) tally.top = entry
  if (entry.type === 'file') {
    tally.files++
    tally.contentBytes += entry.sizeBytes
  }
}

function checkItem(item: ManifestItem, tally: ItemTally | undefined, kind: ArchiveKind, findings: FindingList): void {
  if (item.kind === 'not-covered') {
    // Kept in a database or the like: said aloud, and no fault of the archive. Not named at all is a fault where it is required.
    const isUnnamed = item.configured === null && item.sourcePath === null
    const what = isUnnamed ? 'the config names no path for it' : `it is kept elsewhere (${item.configured ?? item.sourcePath})`
    findings.add(
      isUnnamed && item.importance === 'critical' ? 'error' : 'info',
      'item_not_covered',
      item.key,
      `${item.label} is in no archive: ${what}.`,
    )
    return
  }
  if (item.kind === 'missing') {
    if (item.importance === 'medium') return
    // What is taken before something is put right holds what there was, and nothing more was asked of it.
    const severity = kind === 'safety' ? 'info' : item.importance === 'critical' ? 'error' : 'warning'
    findings.add(severity, 'item_missing', item.key, `${item.label} is not in the archive: it was missing when the archive was taken.`)
    return
  }
  const expected = item.kind === 'folder' ? 'dir' : 'file'
  if (tally?.top?.type !== expected) {
    findings.add('error', 'item_missing', item.archiveName, `The archive has no ${item.kind} ${item.archiveName} (${item.label}).`)
  } else if (tally.contentBytes !== item.contentBytes) {
    const message = `${item.label} holds ${tally.contentBytes} bytes in the archive, its manifest says ${item.contentBytes}.`
    findings.add('error', 'item_differs', item.archiveName, message)
  }
}
