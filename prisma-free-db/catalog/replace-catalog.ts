/**
 * A catalog is made again in a file of its own and copied over the old one page by page, by SQLite's backup interface, as
 * one transaction: whoever has the old one open goes on reading it until the copy is whole, and then reads the new one
 * through the same handle. A rename could not do that: the old file's write-ahead log would lie beside the new file.
 * Only a file that SQLite cannot open at all is replaced by rename; nobody can have it open.
 */
import { existsSync, renameSync, rmSync } from 'node:fs'
import Database from 'better-sqlite3'
import { AppError, isAppError } from '#lib/base/errors.ts'
import type { WritableDb } from '../handle.ts'
import { migrate } from '../migrate.ts'
import { openCatalog } from '../open-database.ts'
import { CATALOG_MIGRATIONS } from './migrations/index.ts'

/** Pages copied before other work of this process gets its turn: about 8 MB. */
const PAGES_A_STEP = 2000

/** The copy waits for others to let go of the file, but not for ever. */
const LONGEST_STANDSTILL_MS = 60_000

/** Opens an empty catalog to be filled from nothing: no journal, since a crash only means to start again. */
export function openFreshCatalog(path: string): { db: WritableDb; close(): void } {
  removeDatabase(path)
  const db = new Database(path) as WritableDb
  db.pragma('auto_vacuum = INCREMENTAL')
  db.pragma('journal_mode = OFF')
  db.pragma('synchronous = OFF')
  db.pragma('locking_mode = EXCLUSIVE')
  db.pragma('temp_store = MEMORY')
  db.pragma('cache_size = -65536')
  migrate(db, CATALOG_MIGRATIONS)
  return { db, close: () => void (db.open && db.close()) }
}

/** Puts the content of a finished fresh catalog in the place of the one at `path`. Runs under the writer lock of `path`. */
export async function replaceCatalog(fresh: WritableDb, path: string): Promise<void> {
  makeReplaceable(path)
  let remaining = Number.POSITIVE_INFINITY
  let movedMs = performance.now()
  await fresh.backup(path, {
    progress: ({ remainingPages }) => {
      if (remainingPages < remaining) movedMs = performance.now()
      remaining = remainingPages
      if (performance.now() - movedMs > LONGEST_STANDSTILL_MS) throw inUse(path)
      return PAGES_A_STEP
    },
  })
}

/** Removes a database with all that SQLite keeps beside it; its lock file stays, since somebody may wait for it. */
export function removeDatabase(path: string): void {
  for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(path + suffix, { force: true })
}

/** Leaves a database at `path` that the copy can be written into. */
function makeReplaceable(path: string): void {
  try {
    openCatalog(path).close()
  } catch (error) {
    if (!isAppError(error)) throw error
    // One from the future is a whole database all the same; its pages are replaced like any other's.
    if (error.code === 'catalog_from_future') return
    if (error.code !== 'catalog_damaged') throw error
    for (const suffix of ['-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true })
    if (existsSync(path)) renameSync(path, `${path}.damaged`)
    openCatalog(path).close()
  }
}

function inUse(path: string): AppError {
  return new AppError('io_failed', {
    message: `${path} has been in use by another process for ${LONGEST_STANDSTILL_MS / 1000} s; the new catalog could not take its place.`,
    hint: 'Close programs that have it open for writing, then try again.',
    retryable: true,
    context: { path },
  })
}
