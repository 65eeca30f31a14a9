/** How files and folders of a local repository come to be and go, durably. */
import { closeSync, fsyncSync, mkdirSync, openSync, statSync, unlinkSync, writeSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { storageError } from './storage-errors.ts'

/** Runs system calls; their errors come out naming the object. */
export function guard<T>(location: string, object: string, call: () => T): T {
  try {
    return call()
  } catch (error) {
    throw storageError(error, location, object)
  }
}

/** Writes all of it; a system call may take less. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  let done = 0
  while (done < bytes.length) done += writeSync(fd, bytes, done, bytes.length - done)
}

/** Removes a file; false when there was none. */
export function unlinkIfThere(path: string): boolean {
  try {
    unlinkSync(path)
    return true
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}

/** Makes the folder of a repository and its parents, durably. One after the other: below `/proc`, Node's own way to make a whole path never comes to an end. */
export function makeRoot(location: string): void {
  const path = resolve(location)
  const there = statSync(path, { throwIfNoEntry: false })
  if (there?.isDirectory()) return
  const missing = [path]
  for (let folder = dirname(path); !statSync(folder, { throwIfNoEntry: false }); folder = dirname(folder)) missing.push(folder)
  for (const folder of missing.reverse()) {
    try {
      makeFolder(folder)
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
      const message = `${folder} cannot be made: ${dirname(folder)} takes no new folders.`
      throw new AppError('io_failed', { message, hint: 'Choose a folder on a disk.', cause: error })
    }
  }
}

/** Makes one folder durably; another process may have been quicker. */
function makeFolder(folder: string, sync: (folder: string) => void = syncFolder): void {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST' || !statSync(folder).isDirectory()) throw error
  }
  sync(dirname(folder))
}

/**
 * Makes missing parents and syncs each folder that got a new entry, so that a power cut cannot lose the way to a synced file. Never makes the root
 * itself: when that is gone, its disk is, and the place below it is another disk's.
 */
export function makeParents(path: string, root: string, sync: (folder: string) => void = syncFolder): void {
  const missing: string[] = []
  for (let folder = dirname(path); folder !== root && !statSync(folder, { throwIfNoEntry: false }); folder = dirname(folder))
    missing.push(folder)
  for (const folder of missing.reverse()) {
    try {
      makeFolder(folder, sync)
    } catch (error) {
      throw statSync(root, { throwIfNoEntry: false }) ? error : rootMissing(root, error)
    }
  }
}

function rootMissing(root: string, cause: unknown): AppError {
  return new AppError('repository_missing', {
    message: `There is no repository at ${root} any more.`,
    hint: 'If its disk is not mounted, mount it.',
    cause,
  })
}

/** Makes new, renamed and removed names in a folder durable. */
export function syncFolder(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
