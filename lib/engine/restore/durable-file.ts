import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, unlinkSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf } from '#lib/base/errors.ts'

/** Frees some space on a full disk; false when there is none left to free. */
export type MakeRoom = () => boolean

/** Writes a small file whole or not at all, and so that a power cut cannot lose it: tmp → fsync → rename → fsync of the folder. */
export function writeDurable(path: string, text: string, makeRoom: MakeRoom = () => false): void {
  withRoom(makeRoom, () => writeOnce(path, text))
}

/** Writes, and once more after room was made when the disk is full. */
export function withRoom<T>(makeRoom: MakeRoom = () => false, write: () => T): T {
  try {
    return write()
  } catch (error) {
    const errno = errnoOf(error)
    if ((errno !== 'ENOSPC' && errno !== 'EDQUOT') || !makeRoom()) throw error
    return write()
  }
}

/** Removes a file for good; fine when it is gone already. */
export function removeDurable(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    return
  }
  syncFolderOf(path)
}

function writeOnce(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const tmp = join(dirname(path), `tmp-${randomBytes(8).toString('hex')}`)
  try {
    const fd = openSync(tmp, 'wx', 0o600)
    try {
      const bytes = Buffer.from(text)
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(tmp, path)
  } catch (error) {
    rmSync(tmp, { force: true })
    throw error
  }
  syncFolderOf(path)
}

function syncFolderOf(path: string): void {
  const fd = openSync(dirname(path), 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
