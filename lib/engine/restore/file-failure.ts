import { statfsSync } from 'node:fs'
import { AppError, errnoOf, isAppError, toAppError } from '#lib/base/errors.ts'
import { formatBytes } from '#lib/base/units.ts'
import type { Entry } from '../entry.ts'
import { fsPath, type RawPath, textOfRaw } from '../raw-path.ts'
import type { ArchiveReader } from '../repository/repository.ts'
import type { FileFailure } from './write-file.ts'

/** True when only this file is lost: the archive, not the target, is at fault. */
export function isArchiveAtFault(failure: FileFailure): boolean {
  return failure.code === 'content_differs' || failure.code === 'frame_damaged' || failure.code === 'frame_missing'
}

/** The error to report for a file that could not be written, naming the damaged frame where one is. */
export async function errorOfFailure(
  failure: FileFailure,
  entry: Entry,
  place: { reader: ArchiveReader; base: RawPath; neededBytes: number },
): Promise<AppError> {
  const path = textOfRaw(place.base)
  switch (failure.code) {
    case 'target_full':
      return targetFull(place.base, place.neededBytes)
    case 'target_unusable':
      return new AppError('target_unusable', {
        message: `“${entry.path}” cannot be written at ${path} (${failure.message}).`,
        hint: 'Check that the folder is writable for this user.',
        context: { path: entry.path },
      })
    case 'frame_damaged':
    case 'frame_missing':
      return new AppError(failure.code, {
        message: `“${entry.path}” cannot be restored: ${failure.message}`,
        hint: DAMAGED_HINT,
        context: { path: entry.path },
      })
    case 'content_differs':
      return (await firstDamage(entry, place.reader)) ?? unproven(entry, path)
    case 'cancelled':
      return new AppError('cancelled', { message: 'Cancelled.' })
    case 'io_failed':
      return new AppError('io_failed', {
        message: `“${entry.path}” cannot be written at ${path}: ${failure.message}.`,
        hint: 'Check the disk.',
        context: { path: entry.path },
      })
  }
}

/** What is said when a target runs full while it is written. */
export function targetFull(base: RawPath, neededBytes: number): AppError {
  const path = textOfRaw(base)
  let freeBytes: number | null = null
  try {
    const stat = statfsSync(fsPath(base))
    freeBytes = stat.bavail * stat.bsize
  } catch {}
  return new AppError('target_full', {
    message: `The disk at ${path} is full: the restore needs ${formatBytes(neededBytes)}, and ${formatBytes(freeBytes)} are free now that it was taken back.`,
    hint: 'Free some space, restore fewer paths, or choose another folder with --target.',
    context: { path, neededBytes, freeBytes },
  })
}

/** Any error while a target is written, as one of ours: full, not writable, or failing. */
export function targetError(error: unknown, base: RawPath, neededBytes: number): AppError {
  if (isAppError(error)) return error
  const errno = errnoOf(error)
  const path = textOfRaw(base)
  if (errno === 'ENOSPC' || errno === 'EDQUOT') return targetFull(base, neededBytes)
  if (errno === 'EACCES' || errno === 'EPERM' || errno === 'EROFS') {
    return new AppError('target_unusable', {
      message: `${path} cannot be written to (${errno}).`,
      hint: 'Check its owner, mode and mount options.',
      cause: error,
    })
  }
  if (errno === null) return toAppError(error)
  return new AppError('io_failed', { message: `Writing at ${path} failed (${errno}).`, hint: 'Check the disk.', cause: error })
}

async function firstDamage(entry: Entry, reader: ArchiveReader): Promise<AppError | null> {
  for (const id of entry.frames.slice(1)) {
    try {
      await reader.frame(id)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      return new AppError('frame_damaged', {
        message: `“${entry.path}” cannot be restored: ${why}`,
        hint: DAMAGED_HINT,
        context: { path: entry.path, frame: id },
      })
    }
  }
  return null
}

function unproven(entry: Entry, path: string): AppError {
  return new AppError('io_failed', {
    message: `“${entry.path}” was written at ${path} but does not read back as it is in the archive.`,
    hint: 'Check that disk and its memory; the archive itself is sound.',
    context: { path: entry.path },
  })
}

const DAMAGED_HINT = 'Run `orchive verify --all`; an older archive may still hold this file (`orchive history PATH`).'
