import { AppError, errnoOf } from '#lib/base/errors.ts'

/** An error of SQLite as one of ours, naming the file; any other value comes back as it is. */
export function explainSqliteError(error: unknown, path: string): unknown {
  const code = errnoOf(error)
  if (!code?.startsWith('SQLITE_')) return error
  const message = error instanceof Error ? error.message : code
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return new AppError('catalog_damaged', {
      message: `${path} is damaged: ${message}.`,
      hint: 'The catalog is made again from the repository by `orchive catalog rebuild`; the archives are not affected.',
      context: { path, code },
      cause: error,
    })
  }
  // Making room for its shared memory is the first thing that a full disk denies SQLite.
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_SHMSIZE') {
    return new AppError('io_failed', {
      message: `${path} cannot be written: its disk is full.`,
      hint: 'Free some space there. Files can be got back before that through another home: `orchive repository attach REPOSITORY --home DIR`, then restore with the same --home.',
      retryable: true,
      context: { path, code },
      cause: error,
    })
  }
  const busy = code.startsWith('SQLITE_BUSY')
  return new AppError('io_failed', {
    message: busy ? `${path} is in use by another process.` : `${path} cannot be used: ${message} (${code}).`,
    hint: busy ? 'Try again in a moment.' : 'Check the disk, and that this user may read and write the file and its folder.',
    retryable: busy,
    context: { path, code },
    cause: error,
  })
}
