import { AppError } from '#lib/base/errors.ts'
import { inTransaction, type WritableDb } from './handle.ts'

/** One step of a schema. Its number is its place in the list, from 1; a step that has shipped is never edited. */
export interface Migration {
  /** What it does, as in its file name. */
  name: string
  up(db: WritableDb): void
}

/** The number of the newest step that this file has seen. */
export function schemaVersion(db: WritableDb): number {
  return db.pragma('user_version', { simple: true }) as number
}

/** Brings a database that is not from the future to the newest schema, each step in its own transaction. */
export function migrate(db: WritableDb, migrations: readonly Migration[]): void {
  for (const [index, migration] of migrations.entries()) {
    if (schemaVersion(db) > index) continue
    inTransaction(db, () => {
      // Another process may have made the step while this one waited for the lock.
      if (schemaVersion(db) > index) return
      migration.up(db)
      db.pragma(`user_version = ${index + 1}`)
    })
  }
}

/** Throws `catalog_from_future` when a newer Orchive wrote the file: an older one must not guess what it means. */
export function refuseFuture(db: WritableDb, migrations: readonly Migration[], path: string): void {
  const version = schemaVersion(db)
  if (version <= migrations.length) return
  throw new AppError('catalog_from_future', {
    message: `${path} was written by a newer Orchive (schema ${version}, this one knows ${migrations.length}).`,
    hint: 'Start the newer version. The catalog alone can also be made again with `orchive catalog rebuild`.',
    context: { path, version, known: migrations.length },
  })
}
