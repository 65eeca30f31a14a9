/**
 * One process at a time changes the catalog. The lock is an exclusive transaction on a small database file beside it, so
 * that the system itself lets go of it when a process dies, however it dies. Whoever holds the lock may undo what an
 * earlier holder left half done; nobody else may, since the rows could belong to a process that is still at work.
 */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { AppError, errnoOf } from '#lib/base/errors.ts'
import type { WritableDb } from '../handle.ts'
import { undoUncommitted } from './tables/archives.ts'

/** How long to wait for another process, and what ends the wait early. */
export interface WaitOptions {
  /** Ten minutes when left out: absorbing a first archive of a million files takes less than one. */
  waitMs?: number
  signal?: AbortSignal
}

/** Runs `work` as the one writer of this catalog; throws `io_failed` (retryable) when another one keeps it longer than `waitMs`. */
export async function asCatalogWriter<T>(db: WritableDb, work: () => T | Promise<T>, options: WaitOptions = {}): Promise<T> {
  return withWriterLock(
    db.name,
    () => {
      undoUncommitted(db)
      return work()
    },
    options,
  )
}

/** The same for a catalog that is not open, or is to be replaced. */
export async function withWriterLock<T>(catalogPath: string, work: () => T | Promise<T>, options: WaitOptions = {}): Promise<T> {
  const waitMs = options.waitMs ?? 600_000
  const startedMs = performance.now()
  let lock = tryLock(catalogPath)
  while (!lock) {
    options.signal?.throwIfAborted()
    if (performance.now() - startedMs > waitMs) {
      throw new AppError('io_failed', {
        message: `Another process has been changing the catalog ${catalogPath} for ${Math.round(waitMs / 1000)} s.`,
        hint: 'Wait for the running job to end, then try again.',
        retryable: true,
        context: { path: catalogPath },
      })
    }
    await sleep(25)
    lock = tryLock(catalogPath)
  }
  try {
    return await work()
  } finally {
    lock.close()
  }
}

/** Takes away the rows of an archive that never became whole, unless somebody may still be at work on it. */
export function undoLeftovers(db: WritableDb): void {
  const lock = tryLock(db.name)
  if (!lock) return
  try {
    undoUncommitted(db)
  } finally {
    lock.close()
  }
}

function tryLock(catalogPath: string): Database.Database | null {
  mkdirSync(dirname(catalogPath), { recursive: true, mode: 0o700 })
  const lock = new Database(`${catalogPath}.writer`, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if (errnoOf(error)?.startsWith('SQLITE_BUSY')) return null
    throw error
  }
}
