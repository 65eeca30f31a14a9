/**
 * A few megabytes of the home's disk kept for the worst moment: they are given back when the disk is full, so that the journal of a restore and
 * the end of a job can still be written, and taken again once there is room.
 */

import { randomFillSync } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statfsSync, statSync, unlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { writeAll } from '#lib/engine/storage/durable-files.ts'

const RESERVE_BYTES = 4 * 1024 * 1024
/** Taken only where this much stays free, so that the reserve is never what fills the disk. */
const SPARE_BYTES = 64 * 1024 * 1024

/** Makes the reserve where it is missing and there is room; never fails, and never makes a home. */
export function keepReserve(path: string): void {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.size === RESERVE_BYTES) return
    const { bavail, bsize } = statfsSync(dirname(path))
    if (bavail * bsize < SPARE_BYTES + RESERVE_BYTES) return
    // Bytes that no file system can shrink or leave out.
    const bytes = randomFillSync(Buffer.allocUnsafe(RESERVE_BYTES))
    const tmp = `${path}.${process.pid}`
    const fd = openSync(/*turbopackIgnore: true*/ tmp, 'w', 0o600)
    try {
      writeAll(fd, bytes)
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(tmp, path)
  } catch {
    rmSync(`${path}.${process.pid}`, { force: true })
  }
}

/** Gives the reserve back to a full disk; false when there was none. */
export function releaseReserve(path: string): boolean {
  try {
    unlinkSync(path)
    return true
  } catch {
    return false
  }
}

/** Writes something small that must not be lost to a full disk: with the reserve's room when there is no other. */
export function writeWithReserve(path: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    if (!isDiskFull(error) || !releaseReserve(path)) throw error
    write()
  }
}

function isDiskFull(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_WRITE'
}
