import { closeSync, mkdirSync } from 'node:fs'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import type { JobId } from '#lib/base/ids.ts'
import { fsPath, joinRaw, textOfRaw } from '../raw-path.ts'
import { STAGING_PREFIX } from './decide-extra.ts'
import type { JournalArea } from './journal.ts'
import { keepTimes } from './keep-times.ts'
import { fsPathAt, OpenFolders, openFolder } from './open-folders.ts'
import { clearWorkingFolder } from './remove-folder.ts'
import { closeArea, type StagingArea } from './staging-areas.ts'

/** Where the working folders of an undo will be, for its journal: that names them before the first is made. */
export function plannedUndoAreas(changed: readonly StagingArea[], jobId: JobId): JournalArea[] {
  return changed.map(({ parent, path }) => ({
    parent: textOfRaw(parent),
    path: textOfRaw(joinRaw(parent, nameOf(jobId))),
    source: textOfRaw(joinRaw(path, 'quarantine')),
  }))
}

const nameOf = (jobId: JobId) => `${STAGING_PREFIX}${jobId}`

/** Working folders of an undo, each beside one of the change that it takes back, whose quarantine is its source. */
export function makeUndoAreas(changed: readonly StagingArea[], jobId: JobId): StagingArea[] {
  const made: StagingArea[] = []
  try {
    for (const area of changed) made.push(makeBeside(area, jobId, made.length))
    return made
  } catch (error) {
    removeUndoAreas(made, jobId)
    throw error
  }
}

/** Removes them with all they hold. */
export function removeUndoAreas(areas: readonly StagingArea[], jobId: JobId): void {
  for (const area of areas) {
    closeArea(area)
    area.stagedFd = -1
    clearWorkingFolder(area.path, jobId)
  }
}

function makeBeside(change: StagingArea, jobId: JobId, index: number): StagingArea {
  const { parent } = change
  const name = nameOf(jobId)
  const path = joinRaw(parent, name)
  const parentFd = openFolder(fsPath(parent), parent)
  try {
    if (parentFd === null) throw Object.assign(new Error('it is gone'), { code: 'ENOENT' })
    keepTimes(parent, () => mkdirSync(fsPathAt(parentFd, name), 0o700))
    mkdirSync(fsPath(joinRaw(path, 'quarantine')), 0o700)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === null || errno === 'ENOSPC') throw error
    throw new AppError('target_unusable', {
      message: `${textOfRaw(parent)} cannot take the undo's working folder (${errno}).`,
      hint: 'Nothing was changed. Check its owner, mode and mount options.',
      cause: error,
    })
  } finally {
    if (parentFd !== null) closeSync(parentFd)
  }
  const source = new OpenFolders(joinRaw(change.path, 'quarantine'))
  return { index, parent, path, stagedFd: -1, source, quarantine: new OpenFolders(joinRaw(path, 'quarantine')), staged: 0 }
}
