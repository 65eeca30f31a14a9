/** What goes wrong in a repository's storage, said alike by every implementation: which object, and what to do. */
import { AppError, errnoOf } from '#lib/base/errors.ts'

/** A failed system call as an error of ours that names the object, at its full path where people can look for it; anything else as it is. */
export function storageError(error: unknown, location: string, object: string): unknown {
  const errno = errnoOf(error)
  if (error instanceof AppError || errno === null) return error
  const path = object === '' ? location : `${location}/${object}`
  const init = { context: { path, errno }, cause: error }
  if (errno === 'ENOENT') {
    return new AppError('object_missing', {
      message: `The repository has no object ${object || path}.`,
      hint: 'Run `orchive verify --all` to see which archives are affected.',
      ...init,
    })
  }
  if (errno === 'ENOSPC' || errno === 'EDQUOT') {
    return new AppError('repository_full', {
      message: `The repository's disk is full: ${path} could not be written.`,
      hint: 'Free space on that disk. Earlier archives are intact.',
      ...init,
    })
  }
  if (errno === 'EROFS' || errno === 'EACCES' || errno === 'EPERM') {
    return new AppError('repository_read_only', {
      message: `The repository cannot be written or read: ${path} (${errno}).`,
      hint: 'Check the mount and the rights of the user that runs Orchive.',
      ...init,
    })
  }
  return new AppError('io_failed', {
    message: `The repository failed at ${path}: ${errno}.`,
    hint: 'Check the disk and its cables or mount.',
    retryable: true,
    ...init,
  })
}

/** Objects are immutable: the name is taken. */
export function objectExists(name: string): AppError {
  return new AppError('object_exists', {
    message: `The repository already has an object ${name}.`,
    hint: 'Objects are never overwritten.',
    context: { name },
  })
}

/** True for a relative path of plain parts; anything else could lead out of the repository. */
export function isObjectName(name: string): boolean {
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..') && !name.includes('\0')
}

/** Throws `path_unsafe` for what is no name of an object. */
export function assertObjectName(name: string): void {
  if (isObjectName(name)) return
  throw new AppError('path_unsafe', {
    message: `${JSON.stringify(name)} is no name of an object in a repository.`,
    hint: 'Names are relative paths without empty parts, `.` and `..`.',
    context: { name },
  })
}
