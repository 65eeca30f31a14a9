import { chmodSync, readdirSync, rmSync } from 'node:fs'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { folderOfRaw, fsPath, joinRaw, nameOfRaw, type RawPath, rawOfBytes, rawOfText, textOfRaw } from '../raw-path.ts'
import { STAGING_PREFIX } from './decide-extra.ts'
import { keepTimes } from './keep-times.ts'
import { liveStat } from './open-folders.ts'

/** Removes the working folder of a job, or what it holds under one name. Refuses anything that is not named as one. */
export function removeWorkingFolder(path: RawPath, jobId: string, inside: RawPath | null = null): void {
  if (nameOfRaw(path) !== `${STAGING_PREFIX}${jobId}`) {
    throw new AppError('internal', { message: `${textOfRaw(path)} is no working folder of ${jobId} and is not removed.` })
  }
  if (inside === null) keepTimes(folderOfRaw(path) || '/', () => removeTree(path))
  else removeTree(joinRaw(path, inside))
}

/** The working folders of a change, as far as they still are. */
export function workingFolders(journal: { areas: { path: string }[]; jobId: string }): RawPath[] {
  return journal.areas.flatMap(({ path }) => {
    const raw = rawOfText(path)
    if (raw === null || nameOfRaw(raw) !== `${STAGING_PREFIX}${journal.jobId}` || liveStat(fsPath(raw))?.type !== 'dir') return []
    return [raw]
  })
}

/** What was moved here whole keeps its modes, and a folder that its owner may not write cannot be emptied as it is. */
function removeTree(path: RawPath): void {
  try {
    rmSync(fsPath(path), { recursive: true, force: true })
  } catch (error) {
    if (errnoOf(error) !== 'EACCES' && errnoOf(error) !== 'EPERM') throw error
    openTree(path)
    rmSync(fsPath(path), { recursive: true, force: true })
  }
}

/** Lets its owner empty a folder and all in it. */
export function openTree(folder: RawPath): void {
  if (liveStat(fsPath(folder))?.type !== 'dir') return
  chmodSync(fsPath(folder), 0o700)
  for (const name of readdirSync(fsPath(folder), { encoding: 'buffer' })) openTree(joinRaw(folder, rawOfBytes(name)))
}
