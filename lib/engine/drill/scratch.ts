/** The scratch folder of a drill: is there room, does the disk keep what is restored, and nothing of it stays. */
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import { formatBytes } from '#lib/base/units.ts'
import type { Manifest } from '../repository/manifest.ts'

const BLOCK_BYTES = 4096
/** Never the last of a disk: jobs and databases of the same host write there, too. */
const RESERVE_BYTES = 64 * 1024 * 1024

/** What a drill of this archive needs at most: each entry in whole blocks, and a reserve that stays free. */
export function scratchNeed(totals: Manifest['totals']): number {
  return totals.contentBytes + totals.entries * BLOCK_BYTES + RESERVE_BYTES
}

/**
 * Makes the folder, and proves that a drill can happen there: room first, then modes and symlinks. Throws `target_full` or
 * `target_unusable`; both speak of the host alone.
 */
export function makeScratch(folder: string, parent: string, neededBytes: number): string {
  try {
    mkdirSync(parent, { recursive: true, mode: 0o700 })
    const { bavail, bsize } = statfsSync(parent)
    const freeBytes = bavail * bsize
    if (neededBytes > freeBytes) {
      throw new AppError('target_full', {
        message: `Drill could not start: scratch space is full. ${parent} has ${formatBytes(freeBytes)} free, ${formatBytes(neededBytes)} are needed. This says nothing about the archive.`,
        hint: 'Free space there, or name another folder with --scratch.',
      })
    }
    mkdirSync(folder, { mode: 0o700 })
    probe(folder)
    return `${formatBytes(freeBytes)} free at ${parent}, ${formatBytes(neededBytes)} needed`
  } catch (error) {
    if (error instanceof AppError) throw error
    throw unusable(parent, `it cannot be used (${errnoOf(error) ?? 'unknown reason'})`, error)
  }
}

/** A disk that keeps no modes or links would make every archive look bad. */
function probe(folder: string): void {
  const [file, link] = [join(folder, 'probe'), join(folder, 'probe-link')]
  writeFileSync(file, 'drill', { mode: 0o600 })
  chmodSync(file, 0o641)
  if ((lstatSync(file).mode & 0o777) !== 0o641) throw unusable(folder, 'its file system does not keep file modes')
  symlinkSync('probe', link)
  rmSync(link)
  rmSync(file)
}

/** Takes a drill's folder away, with what is in it that even its owner may not enter. Nothing outside it is touched; links are not followed. */
export function removeScratch(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true })
  } catch (error) {
    if (errnoOf(error) !== 'EACCES' && errnoOf(error) !== 'EPERM') throw error
    openUp(Buffer.from(folder))
    rmSync(folder, { recursive: true, force: true })
  }
}

function openUp(folder: Buffer): void {
  chmodSync(folder, 0o700)
  for (const entry of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })) {
    if (entry.isDirectory()) openUp(Buffer.concat([folder, Buffer.from('/'), entry.name]))
  }
}

function unusable(folder: string, why: string, cause?: unknown): AppError {
  return new AppError('target_unusable', {
    message: `Drill could not start in ${folder}: ${why}. This says nothing about the archive.`,
    hint: 'Name another folder with --scratch.',
    cause,
  })
}
