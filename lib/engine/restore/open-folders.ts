/**
 * Folders held open while their content is read or changed. Invariant: every step below a base is taken with O_NOFOLLOW from the open
 * folder above it, so neither a symlink nor a parent that is swapped in the middle can lead anywhere else.
 */
import { type BigIntStats, closeSync, constants, lstatSync, mkdirSync, openSync } from 'node:fs'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { fsPath, joinRaw, type RawPath, textOfRaw } from '../raw-path.ts'
import type { LiveStat } from './restore-types.ts'

/** Linux's O_PATH: a handle on a folder that needs no right to list it. node:fs has no name for it. */
const O_PATH = 0o10000000
const FOLDER_FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW | O_PATH

/** The chain of open folders below one base; entries in archive order reuse all but the last few. */
export class OpenFolders {
  readonly base: RawPath
  private readonly names: RawPath[] = []
  private readonly fds: number[] = []
  private lastPath: RawPath | null = null

  constructor(base: RawPath) {
    this.base = base
  }

  /** The open folder at this path below the base; null when it is not there. Throws `path_unsafe` when a part is no real folder. */
  folder(path: RawPath): number | null {
    if (path === this.lastPath) return this.fds[this.fds.length - 1]!
    this.lastPath = null
    if (this.fds.length === 0) {
      const fd = openFolder(fsPath(this.base), this.base)
      if (fd === null) return null
      this.fds.push(fd)
    }
    const parts = path === '' ? [] : path.split('/')
    let depth = 0
    while (depth < parts.length && this.names[depth] === parts[depth]) depth++
    this.closeBelow(depth)
    for (; depth < parts.length; depth++) {
      const name = parts[depth]!
      const fd = openFolder(fsPathAt(this.fds[depth]!, name), joinRaw(this.base, parts.slice(0, depth + 1).join('/')))
      if (fd === null) return null
      this.fds.push(fd)
      this.names.push(name)
    }
    this.lastPath = path
    return this.fds[this.fds.length - 1]!
  }

  /** The open folder at this path, made where it is missing; `onMade` hears of each that was. */
  make(path: RawPath, mode = 0o700, onMade: (path: RawPath) => void = () => {}): number {
    const known = this.folder(path)
    if (known !== null) return known
    const parts = path.split('/')
    for (let depth = this.names.length; depth < parts.length; depth++) {
      const made = parts.slice(0, depth + 1).join('/')
      mkdirSync(fsPathAt(this.fds[depth]!, parts[depth]!), mode)
      onMade(made)
      this.folder(made)
    }
    return this.folder(path)!
  }

  /** Lets go of a folder that was moved or replaced, and of what lies in it; the folders above it stay open. */
  forget(path: RawPath): void {
    const parts = path.split('/')
    if (parts.every((part, depth) => this.names[depth] === part)) {
      this.closeBelow(parts.length - 1)
      this.lastPath = null
    }
  }

  close(): void {
    this.closeBelow(0)
    const fd = this.fds.pop()
    if (fd !== undefined) closeSync(fd)
    this.lastPath = null
  }

  private closeBelow(depth: number): void {
    while (this.names.length > depth) {
      this.names.pop()
      closeSync(this.fds.pop()!)
    }
  }
}

/** A handle on a folder; null when nothing is there; `path_unsafe` when it is a symlink or no folder. */
export function openFolder(path: string | Buffer, shown: RawPath): number | null {
  try {
    return openSync(path, FOLDER_FLAGS)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT') return null
    if (errno === 'ELOOP' || errno === 'ENOTDIR') throw symlinkInTheWay(shown)
    throw new AppError('target_unusable', {
      message: `The folder ${textOfRaw(shown)} cannot be opened (${errno ?? 'unknown error'}).`,
      hint: 'Check its owner and mode.',
      cause: error,
    })
  }
}

/** What is said when the way to a path leads over something that is no real folder. */
export function symlinkInTheWay(shown: RawPath): AppError {
  return new AppError('path_unsafe', {
    message: `${textOfRaw(shown)} is a symlink or no folder; nothing is written through it.`,
    hint: 'Replace it by a real folder, point the config at the real path, or restore into another folder with --target.',
    context: { path: textOfRaw(shown) },
  })
}

/** What lies at a name of an open folder; null for nothing. */
export function statAt(folderFd: number, name: RawPath): LiveStat | null {
  return liveStat(fsPathAt(folderFd, name))
}

/** What lies at a path, a symlink not followed; null for nothing. */
export function liveStat(path: string | Buffer): LiveStat | null {
  let stat: BigIntStats | undefined
  try {
    stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return null
    throw error
  }
  if (stat === undefined) return null
  return {
    type: stat.isFile() ? 'file' : stat.isDirectory() ? 'dir' : stat.isSymbolicLink() ? 'symlink' : 'other',
    dev: stat.dev,
    ino: stat.ino,
    sizeBytes: Number(stat.size),
    mtimeNs: stat.mtimeNs,
    ctimeNs: stat.ctimeNs,
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
  }
}

/** What node:fs takes for a name inside an open folder: no part of the way to that folder can be swapped under it. */
export function fsPathAt(folderFd: number, name: RawPath): string | Buffer {
  return fsPath(`/proc/self/fd/${folderFd}/${name}`)
}
