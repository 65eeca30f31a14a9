/**
 * Where a restore works before it touches anything: `.orchive-restore-<job>/` on the file system of what it replaces, since a rename
 * cannot cross mounts. Every walk skips that name. It holds `staged/` (new content) and `quarantine/` (what was there before).
 */
import { closeSync, mkdirSync } from 'node:fs'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { folderOfRaw, fsPath, isWithinRaw, joinRaw, type RawPath, textOfRaw } from '../raw-path.ts'
import { STAGING_PREFIX } from './decide-extra.ts'
import type { Destinations } from './destinations.ts'
import { keepTimes } from './keep-times.ts'
import type { MountPoints } from './mount-points.ts'
import { fsPathAt, liveStat, OpenFolders, openFolder } from './open-folders.ts'
import { removeWorkingFolder } from './remove-folder.ts'
import type { PlannedLine } from './restore-types.ts'

export interface StagingArea {
  index: number
  /** The folder it was made in, absolute; what lies below is quarantined under its path from here. */
  parent: RawPath
  /** Absolute path of the area itself. */
  path: RawPath
  /** Handle on `staged/`; -1 where nothing is staged any more. */
  stagedFd: number
  /** Where what moves in comes from: `staged/`, or for an undo the quarantine of what it takes back. */
  source: OpenFolders
  quarantine: OpenFolders
  /** Files staged so far; their names are numbers. */
  staged: number
}

/** The working folders of one restore, made as they are needed. */
export class StagingAreas {
  readonly areas: StagingArea[] = []
  private readonly jobId: string
  private readonly name: string
  private readonly destinations: Destinations
  private readonly mounts: MountPoints
  private readonly onMake: (parent: RawPath, path: RawPath) => void
  private readonly byParent = new Map<RawPath, StagingArea>()
  private lastFolder: RawPath | null = null
  private lastArea: StagingArea | null = null

  /** `onMake` hears of each working folder before it is made. */
  constructor(jobId: string, destinations: Destinations, mounts: MountPoints, onMake: (parent: RawPath, path: RawPath) => void = () => {}) {
    this.jobId = jobId
    this.name = `${STAGING_PREFIX}${jobId}`
    this.destinations = destinations
    this.mounts = mounts
    this.onMake = onMake
  }

  /** The area for a line: beside its item where that is one file system with its place, else at the root of that file system. */
  for(line: PlannedLine): StagingArea {
    const base = this.destinations.bases[line.base]!
    const folder = folderOfRaw(joinRaw(base.path, line.rel))
    if (folder === this.lastFolder) return this.lastArea!
    const mount = this.mounts.of(folder)
    const item = this.destinations.items[line.item]!
    let beside = item.prefix === '' ? base.path : folderOfRaw(joinRaw(base.path, item.prefix))
    while (beside !== base.path && liveStat(fsPath(beside)) === null) beside = folderOfRaw(beside)
    const itemPath = joinRaw(base.path, item.prefix === '' ? item.archiveName : item.prefix)
    const area = this.mounts.of(beside) === mount ? this.make(beside, itemPath, base.path) : this.make(mount, null, base.path)
    this.lastFolder = folder
    this.lastArea = area
    return area
  }

  /** Removes all that was staged; with `all` the quarantine too, so that nothing of the restore is left. */
  remove(what: 'staged' | 'all'): void {
    const paths = this.areas.map(({ path }) => path)
    this.close()
    for (const path of paths) removeWorkingFolder(path, this.jobId, what === 'all' ? null : 'staged')
  }

  /** Lets go of the folders; what they hold stays. */
  close(): void {
    for (const area of this.areas) closeArea(area)
    this.areas.length = 0
    this.byParent.clear()
    this.lastFolder = null
  }

  private make(parent: RawPath, inside: RawPath | null, base: RawPath): StagingArea {
    const known = this.byParent.get(parent)
    if (known) return known
    this.onMake(parent, joinRaw(parent, this.name))
    const open = new OpenFolders(base)
    try {
      const parentFd = open.folder(parent === base ? '' : parent.slice(base === '/' ? 1 : base.length + 1))
      if (parentFd === null) throw unusable(parent, 'is not there any more')
      keepTimes(parent, () => mkdirSync(fsPathAt(parentFd, this.name), 0o700))
      const areaFd = openFolder(fsPathAt(parentFd, this.name), joinRaw(parent, this.name))!
      try {
        mkdirSync(fsPathAt(areaFd, 'staged'), 0o700)
        mkdirSync(fsPathAt(areaFd, 'quarantine'), 0o700)
      } finally {
        closeSync(areaFd)
      }
    } catch (error) {
      const errno = errnoOf(error)
      // The item's own folder may be writable where the one that holds it is not.
      const isRefused = errno === 'EACCES' || errno === 'EPERM' || errno === 'EROFS'
      if (isRefused && inside !== null && liveStat(fsPath(inside))?.type === 'dir') {
        const area = this.make(inside, null, base)
        this.byParent.set(parent, area)
        return area
      }
      if (errno === null || errno === 'ENOSPC') throw error
      throw unusable(parent, `cannot take the restore's working folder (${errno})`, error)
    } finally {
      open.close()
    }
    return this.enter(parent)
  }

  private enter(parent: RawPath): StagingArea {
    const path = joinRaw(parent, this.name)
    const staged = joinRaw(path, 'staged')
    const area: StagingArea = {
      index: this.areas.length,
      parent,
      path,
      stagedFd: openFolder(fsPath(staged), staged)!,
      source: new OpenFolders(staged),
      quarantine: new OpenFolders(joinRaw(path, 'quarantine')),
      staged: 0,
    }
    this.areas.push(area)
    this.byParent.set(parent, area)
    return area
  }
}

/** Lets go of the handles on an area. */
export function closeArea(area: StagingArea): void {
  if (area.stagedFd >= 0) closeSync(area.stagedFd)
  area.source.close()
  area.quarantine.close()
}

/** Where a path is kept in an area's quarantine. */
export function quarantineRel(area: StagingArea, absolute: RawPath): RawPath {
  return isWithinRaw(absolute, area.parent) ? absolute.slice(area.parent === '/' ? 1 : area.parent.length + 1) : absolute.slice(1)
}

function unusable(path: RawPath, why: string, cause?: unknown): AppError {
  return new AppError('target_unusable', {
    message: `${textOfRaw(path)} ${why}.`,
    hint: 'Nothing was changed. Check its owner, mode and mount options, or restore with --target.',
    cause,
  })
}
