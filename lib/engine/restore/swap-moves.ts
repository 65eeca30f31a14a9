import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
  utimesSync,
} from 'node:fs'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { formatMtime, mtimesEqual } from '../entry.ts'
import { fsPath, type RawPath, textOfRaw } from '../raw-path.ts'
import { fsPathAt } from './open-folders.ts'
import type { LiveStat } from './restore-types.ts'
import type { Attributes } from './set-attributes.ts'

type FsPath = string | Buffer

/** Linux's O_PATH: a handle on exactly this inode, whatever its mode. */
const INODE_FLAGS = 0o10000000 | constants.O_NOFOLLOW

/** Keeps the old inode under a second name; where links are refused it moves, and the path is absent until something takes its place. */
export function keepAside(path: FsPath, kept: FsPath): void {
  try {
    linkSync(path, kept)
  } catch (error) {
    if (!isLinkRefused(error)) throw error
    renameSync(path, kept)
  }
}

/** Renames; a folder that its owner may not write cannot change its parent, so it may for that moment. */
export function moveWhole(from: FsPath, to: FsPath): void {
  try {
    renameSync(from, to)
  } catch (error) {
    const stat = errnoOf(error) === 'EACCES' ? lstatSync(from) : null
    if (!stat?.isDirectory()) throw error
    chmodSync(from, (stat.mode & 0o7777) | 0o700)
    try {
      renameSync(from, to)
    } catch (again) {
      chmodSync(from, stat.mode & 0o7777)
      throw again
    }
    chmodSync(to, stat.mode & 0o7777)
  }
}

/** Puts something back under its old name; where links are refused it moves, and is absent where it was. */
export const linkOrMove = keepAside

/** Moves a staged path to where nothing is. A link refuses to replace what came meanwhile, a rename would not. */
export function moveIntoGap(staged: FsPath, target: FsPath): void {
  try {
    linkSync(staged, target)
  } catch (error) {
    if (!isLinkRefused(error)) throw error
    moveWhole(staged, target)
    return
  }
  unlinkSync(staged)
}

/** Owner, mode and times of exactly the inode that was planned. */
export function setInodeAttributes(folderFd: number, name: RawPath, ino: bigint, to: Attributes, setOwners: boolean): void {
  const fd = openSync(fsPathAt(folderFd, name), INODE_FLAGS)
  try {
    if (fstatSync(fd, { bigint: true }).ino !== ino) throw staleError(name)
    const self = `/proc/self/fd/${fd}`
    if (setOwners) chownSync(self, to.uid, to.gid)
    chmodSync(self, to.mode)
    const time = formatMtime(to.mtimeNs)
    utimesSync(self, time, time)
  } finally {
    closeSync(fd)
  }
}

/** Makes names in a folder durable. */
export function syncFolder(path: RawPath): void {
  let fd: number
  try {
    fd = openSync(fsPath(path), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  } catch (error) {
    // A folder that may not be listed cannot be synced either; its names are as durable as the file system makes them.
    if (errnoOf(error) === 'EACCES') return
    throw error
  }
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Whether a path is still what the plan saw. A folder's own times and size change whenever something is written in it. */
export function isAsPlanned(planned: LiveStat | null, now: LiveStat | null): boolean {
  if (planned === null || now === null) return planned === now
  if (planned.type !== now.type || planned.ino !== now.ino || planned.dev !== now.dev) return false
  return planned.type === 'dir' || (planned.sizeBytes === now.sizeBytes && mtimesEqual(planned.mtimeNs, now.mtimeNs))
}

/** What is said when the live side moved on after the plan. */
export function staleError(path: RawPath): AppError {
  return new AppError('plan_stale', {
    message: `${textOfRaw(path)} changed after the restore was planned.`,
    hint: 'If the orchestrator is running, stop it first; then look at the plan again.',
    context: { path: textOfRaw(path) },
  })
}

/** Not every file system links, and a hardened kernel (fs.protected_hardlinks) links only one's own files. */
function isLinkRefused(error: unknown): boolean {
  const errno = errnoOf(error)
  return errno === 'EPERM' || errno === 'EMLINK' || errno === 'ENOTSUP' || errno === 'EOPNOTSUPP' || errno === 'ENOSYS'
}
