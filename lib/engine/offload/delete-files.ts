/**
 * Deletes archived files from the live disk. Invariants kept here:
 *
 * 1. A file is deleted only while its device, inode, size, mtime and ctime are those that it had when the plan was made, and it was archived
 *    after that: so the archive holds exactly what goes.
 * 2. Its folder is held open from the item's own folder down, never through a symlink; the name is removed in that folder and nowhere else.
 * 3. The file is held open itself while its name goes. Should a writer have met it in that very moment, it is put back.
 * 4. The record is written before the first name goes, and after each one.
 */
import { type BigIntStats, closeSync, constants, copyFileSync, fstatSync, openSync, unlinkSync } from 'node:fs'
import { setImmediate as breathe } from 'node:timers/promises'
import { errnoOf, isAppError } from '#lib/base/errors.ts'
import { folderOfRaw, nameOfRaw, type RawPath, rawOfText } from '../raw-path.ts'
import { fsPathAt, OpenFolders, statAt } from '../restore/open-folders.ts'
import type { ResolvedItem } from '../workspace/resolved-item.ts'
import type { WalkStat } from '../workspace/walk.ts'
import type { ChosenFile } from './choose-files.ts'
import type { DeletionJournal } from './deletion-journal.ts'

export interface DeleteInput {
  items: readonly Pick<ResolvedItem, 'key' | 'archiveName' | 'rawPath'>[]
  /** In archive order. */
  files: readonly ChosenFile[]
  journal: Pick<DeletionJournal, 'gone'>
  /** Looks again who holds files open; asked before every few files. */
  lookForOpenFiles(): (dev: bigint, ino: bigint) => boolean
  onRemoved(file: ChosenFile): void
  /** Stops between two files. */
  signal?: AbortSignal | undefined
}

/** Why a file was left. */
export interface LeftFile {
  path: string
  reason: 'gone' | 'changed' | 'open' | 'unsafe' | 'failed' | 'stopped'
  message: string
}

export interface Deleted {
  removedFiles: number
  removedBytes: number
  left: LeftFile[]
}

/** Files between two looks at open files, signals and the event loop. */
const BATCH = 128

/** Deletes files one by one; what cannot be deleted safely is left and told. A record that cannot be written leaves all that follow. */
export async function deleteFiles(input: DeleteInput): Promise<Deleted> {
  const deleted: Deleted = { removedFiles: 0, removedBytes: 0, left: [] }
  let halt: string | null = null
  const folders = new ItemFolders(input.items)
  let isOpen = input.lookForOpenFiles()
  try {
    for (const [i, file] of input.files.entries()) {
      if (i > 0 && i % BATCH === 0) {
        await breathe()
        isOpen = input.lookForOpenFiles()
      }
      if (input.signal?.aborted) halt ??= 'the job was stopped before it'
      const left = halt === null ? deleteOne(file, folders, isOpen) : stopped(file, halt)
      if (left) {
        deleted.left.push(left)
        continue
      }
      deleted.removedFiles++
      deleted.removedBytes += file.stat.size
      try {
        input.journal.gone(file.path)
      } catch (error) {
        halt = `the record of the deletion cannot be written any more (${errnoOf(error) ?? String(error)})`
      }
      input.onRemoved(file)
    }
  } finally {
    folders.close()
  }
  return deleted
}

/** Null when the file is gone now. */
function deleteOne(file: ChosenFile, folders: ItemFolders, isOpen: (dev: bigint, ino: bigint) => boolean): LeftFile | null {
  const { path } = file
  try {
    const found = folders.find(file)
    if (found === null) return { path, reason: 'gone', message: `${path} is gone already.` }
    return removeName(file, found, isOpen)
  } catch (error) {
    if (isAppError(error)) return { path, reason: 'unsafe', message: `${path} was left: ${error.message}` }
    const errno = errnoOf(error)
    if (errno === null) throw error
    if (errno === 'ENOENT') return { path, reason: 'gone', message: `${path} is gone already.` }
    if (errno === 'ELOOP') return changed(path)
    return { path, reason: 'failed', message: `${path} could not be deleted (${errno}).` }
  }
}

function removeName(file: ChosenFile, { folderFd, name }: Found, isOpen: (dev: bigint, ino: bigint) => boolean): LeftFile | null {
  const { path, stat } = file
  const at = fsPathAt(folderFd, name)
  const fd = openSync(at, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    if (!isSame(fstatSync(fd, { bigint: true }), stat)) return changed(path)
    if (isOpen(stat.dev, stat.ino)) return { path, reason: 'open', message: `${path} was opened by a process meanwhile; it stays.` }
    const now = statAt(folderFd, name)
    if (now?.ino !== stat.ino || now.dev !== stat.dev) return changed(path)
    unlinkSync(at)
    const after = fstatSync(fd, { bigint: true })
    if (after.size === BigInt(stat.size) && after.mtimeNs === stat.mtimeNs) return null
    copyFileSync(`/proc/self/fd/${fd}`, at, constants.COPYFILE_EXCL)
    return { path, reason: 'changed', message: `${path} was written to while it was deleted; it was put back with what it holds now.` }
  } finally {
    closeSync(fd)
  }
}

function isSame(now: BigIntStats, then: WalkStat): boolean {
  return (
    now.isFile() &&
    now.dev === then.dev &&
    now.ino === then.ino &&
    now.nlink === 1n &&
    now.size === BigInt(then.size) &&
    now.mtimeNs === then.mtimeNs &&
    now.ctimeNs === then.ctimeNs
  )
}

const changed = (path: string): LeftFile => ({ path, reason: 'changed', message: `${path} changed since it was planned; it stays.` })
const stopped = ({ path }: ChosenFile, why: string): LeftFile => ({ path, reason: 'stopped', message: `${path} stays: ${why}.` })

interface Found {
  folderFd: number
  name: RawPath
}

/** The open folders of the items. */
class ItemFolders {
  private readonly items = new Map<string, { prefix: string; folders: OpenFolders }>()

  constructor(items: DeleteInput['items']) {
    for (const { key, archiveName, rawPath } of items) {
      if (archiveName === null || rawPath === null) continue
      this.items.set(key, { prefix: `${archiveName}/`, folders: new OpenFolders(rawPath.toString('latin1')) })
    }
  }

  /** Where a file lies; null when its folder is gone. */
  find({ itemKey, path }: ChosenFile): Found | null {
    const item = this.items.get(itemKey)
    const below = item && path.startsWith(item.prefix) ? rawOfText(path.slice(item.prefix.length)) : null
    if (!item || below === null) return null
    const folderFd = item.folders.folder(folderOfRaw(below))
    return folderFd === null ? null : { folderFd, name: nameOfRaw(below) }
  }

  close(): void {
    for (const { folders } of this.items.values()) folders.close()
  }
}
