/**
 * Walks items in archive order: depth first, a folder before its children, siblings by memcmp of their raw names. That is
 * `comparePaths` over whole archive paths, so a walk merges with a manifest line by line. One folder's names are held at a time per
 * level; symlinks are never followed; nothing is ever opened.
 */
import { lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { errnoOf } from '#lib/base/errors.ts'
import type { Finding } from '../finding.ts'
import { fsPath, joinRaw, type RawPath, rawOfBytes, rawOfText, textOfRaw } from '../raw-path.ts'
import type { ResolvedItem } from './resolved-item.ts'

/** What a restore leaves beside its target; no walk ever looks into it. */
export const RESTORE_FOLDER_PREFIX = '.orchive-restore-'

export interface WalkStat {
  dev: bigint
  ino: bigint
  ctimeNs: bigint
  mtimeNs: bigint
  size: number
  /** Permission bits, 0 to 0o7777. */
  mode: number
  uid: number
  gid: number
  nlink: number
}

/** `other` cannot be archived: special, vanished or unreadable; then `problem` says which. */
export type WalkType = 'file' | 'dir' | 'symlink' | 'other'

export interface WalkEntry {
  /** Archive path, text form. */
  readonly path: string
  /** Absolute path as bytes. */
  readonly raw: Buffer
  readonly itemKey: string
  readonly type: WalkType
  /** Null when even lstat failed. */
  readonly stat: WalkStat | null
  /** Where a symlink points, text form as stored; null for everything else. */
  readonly linkTarget: string | null
  readonly problem: Finding | null
}

/** What a walk needs of an item. */
export type WalkItem = Pick<ResolvedItem, 'key' | 'kind' | 'archiveName' | 'rawPath' | 'exclude'>

export interface WalkOptions {
  /** Names to leave out at every level; true = skip. Default: what restores leave behind. */
  skipNames?: (rawName: RawPath) => boolean
}

/** Every entry of the items that exist, in archive order; a failing entry is yielded with its problem, never thrown. */
export function* walkItems(items: readonly WalkItem[], options: WalkOptions = {}): Generator<WalkEntry> {
  const skips = options.skipNames ?? ((name: RawPath) => name.startsWith(RESTORE_FOLDER_PREFIX))
  const roots = items
    .filter((item) => (item.kind === 'file' || item.kind === 'folder') && item.archiveName !== null && item.rawPath !== null)
    .map((item) => ({ item, name: rawOfText(item.archiveName!)! }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  for (const { item, name } of roots) {
    const walk = new ItemWalk(item, skips)
    yield* walk.run(name)
  }
}

/** A folder being walked: names still to visit, sorted. */
interface Level {
  folder: RawPath
  /** Archive path of the folder, raw, with its slash. */
  prefix: RawPath
  names: RawPath[]
  next: number
  dev: bigint
}

class ItemWalk {
  readonly #key: string
  readonly #root: RawPath
  readonly #excluded: Set<RawPath>
  readonly #skips: (name: RawPath) => boolean

  constructor(item: WalkItem, skips: (name: RawPath) => boolean) {
    this.#key = item.key
    this.#root = item.rawPath!.toString('latin1')
    this.#excluded = new Set(item.exclude.map((path) => path.toString('latin1')))
    this.#skips = skips
  }

  /** An explicit stack: depth is bounded by memory, and a paused walk costs nothing. */
  *run(archiveName: RawPath): Generator<WalkEntry> {
    const levels: Level[] = []
    yield this.#visit(this.#root, archiveName, null, levels)
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      if (level.next === level.names.length) {
        levels.pop()
        continue
      }
      const name = level.names[level.next++]!
      const absolute = joinRaw(level.folder, name)
      if (this.#excluded.size > 0 && this.#excluded.has(absolute)) continue
      yield this.#visit(absolute, level.prefix + name, level.dev, levels)
    }
  }

  #visit(absolute: RawPath, archivePath: RawPath, parentDev: bigint | null, levels: Level[]): WalkEntry {
    const path = textOfRaw(archivePath)
    let stat: ReturnType<typeof lstat>
    try {
      stat = lstat(absolute)
    } catch (error) {
      return this.#entry(path, absolute, 'other', null, null, unreadable(path, error))
    }
    if (stat === undefined) return this.#entry(path, absolute, 'other', null, null, vanished(path))
    const kept: WalkStat = {
      dev: stat.dev,
      ino: stat.ino,
      ctimeNs: stat.ctimeNs,
      mtimeNs: stat.mtimeNs,
      size: Number(stat.size),
      mode: Number(stat.mode) & 0o7777,
      uid: Number(stat.uid),
      gid: Number(stat.gid),
      nlink: Number(stat.nlink),
    }
    switch (Number(stat.mode) & FORMAT) {
      case REGULAR:
        return this.#entry(path, absolute, 'file', kept, null, null)
      case FOLDER:
        return this.#folder(path, absolute, archivePath, kept, parentDev, levels)
      case SYMLINK:
        return this.#symlink(path, absolute, kept)
      default:
        return this.#entry(path, absolute, 'other', kept, null, special(path, Number(stat.mode) & FORMAT))
    }
  }

  #folder(path: string, absolute: RawPath, archivePath: RawPath, stat: WalkStat, parentDev: bigint | null, levels: Level[]): WalkEntry {
    let names: RawPath[]
    try {
      names = (readdirSync(fsPath(absolute), { encoding: 'latin1' as BufferEncoding }) as string[]).sort()
      // A symlink put in the folder's place would have been read through.
      const after = lstat(absolute)
      if (after === undefined || after.ino !== stat.ino || after.dev !== stat.dev) {
        return this.#entry(path, absolute, 'other', null, null, vanished(path))
      }
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR')
        return this.#entry(path, absolute, 'other', null, null, vanished(path))
      return this.#entry(path, absolute, 'dir', stat, null, unreadable(path, error))
    }
    levels.push({ folder: absolute, prefix: `${archivePath}/`, names: names.filter((name) => !this.#skips(name)), next: 0, dev: stat.dev })
    const problem = parentDev !== null && parentDev !== stat.dev ? mountPoint(path) : null
    return this.#entry(path, absolute, 'dir', stat, null, problem)
  }

  #symlink(path: string, absolute: RawPath, stat: WalkStat): WalkEntry {
    try {
      const target = textOfRaw(rawOfBytes(readlinkSync(fsPath(absolute), { encoding: 'buffer' })))
      return this.#entry(path, absolute, 'symlink', stat, target, null)
    } catch (error) {
      const isGone = errnoOf(error) === 'ENOENT' || errnoOf(error) === 'EINVAL'
      return this.#entry(path, absolute, 'other', null, null, isGone ? vanished(path) : unreadable(path, error))
    }
  }

  #entry(
    path: string,
    absolute: RawPath,
    type: WalkType,
    stat: WalkStat | null,
    linkTarget: string | null,
    problem: Finding | null,
  ): WalkEntry {
    return new Walked(path, absolute, this.#key, type, stat, linkTarget, problem)
  }
}

/** Makes the Buffer of the absolute path only for whom it is asked: unchanged files are never opened. */
class Walked implements WalkEntry {
  readonly path: string
  readonly itemKey: string
  readonly type: WalkType
  readonly stat: WalkStat | null
  readonly linkTarget: string | null
  readonly problem: Finding | null
  readonly #absolute: RawPath

  constructor(
    path: string,
    absolute: RawPath,
    itemKey: string,
    type: WalkType,
    stat: WalkStat | null,
    linkTarget: string | null,
    problem: Finding | null,
  ) {
    this.path = path
    this.#absolute = absolute
    this.itemKey = itemKey
    this.type = type
    this.stat = stat
    this.linkTarget = linkTarget
    this.problem = problem
  }

  get raw(): Buffer {
    return Buffer.from(this.#absolute, 'latin1')
  }
}

/** File format bits of st_mode (inode(7)). */
const FORMAT = 0o170000
const REGULAR = 0o100000
const FOLDER = 0o040000
const SYMLINK = 0o120000
const SPECIALS = new Map([
  [0o010000, 'FIFO'],
  [0o140000, 'socket'],
  [0o020000, 'character device'],
  [0o060000, 'block device'],
])

function lstat(absolute: RawPath) {
  return lstatSync(fsPath(absolute), { bigint: true, throwIfNoEntry: false })
}

function special(path: string, format: number): Finding {
  return {
    severity: 'warning',
    code: 'special_file',
    path,
    message: `${path} is a ${SPECIALS.get(format) ?? 'special file'}; it is not archived.`,
  }
}

function vanished(path: string): Finding {
  return { severity: 'warning', code: 'vanished', path, message: `${path} was gone before it could be read.` }
}

function unreadable(path: string, error: unknown): Finding {
  return { severity: 'warning', code: 'unreadable', path, message: `${path} cannot be read (${errnoOf(error) ?? 'unknown reason'}).` }
}

function mountPoint(path: string): Finding {
  return {
    severity: 'info',
    code: 'mount_point',
    path,
    message: `${path} is on another file system, which is archived along with the rest.`,
  }
}
