import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errnoOf } from '#lib/base/errors.ts'
import { syncFolder, unlinkIfThere, writeAll } from '../storage/durable-files.ts'

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
  if (unlinkIfThere(path)) syncFolder(dirname(path))
}

function writeOnce(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const tmp = join(dirname(path), `tmp-${randomBytes(8).toString('hex')}`)
  try {
    const fd = openSync(tmp, 'wx', 0o600)
    try {
      writeAll(fd, Buffer.from(text))
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(tmp, path)
  } catch (error) {
    rmSync(tmp, { force: true })
    throw error
  }
  syncFolder(dirname(path))
}
