import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { AppError } from '#lib/base/errors.ts'
import { CATALOG_MIGRATIONS } from './catalog/migrations/index.ts'
import { undoLeftovers } from './catalog/writer-lock.ts'
import { CONSOLE_MIGRATIONS } from './console/migrations/index.ts'
import type { ReadableDb, WritableDb } from './handle.ts'
import { type Migration, migrate, refuseFuture, schemaVersion } from './migrate.ts'
import { explainSqliteError } from './sqlite-error.ts'

export type { ReadableDb, WritableDb } from './handle.ts'

/** An open database; `close()` is safe to call twice. */
export interface OpenDatabase<Db extends ReadableDb> {
  db: Db
  close(): void
}

interface Schema {
  migrations: readonly Migration[]
  /** FULL for what cannot be made again: a row that was acknowledged survives a power cut. */
  synchronous: 'NORMAL' | 'FULL'
}

const CATALOG: Schema = { migrations: CATALOG_MIGRATIONS, synchronous: 'NORMAL' }
const CONSOLE: Schema = { migrations: CONSOLE_MIGRATIONS, synchronous: 'FULL' }

/**
 * Opens the catalog: made and migrated when writable; `catalog_missing` when only to be read and not there.
 * A catalog of an older schema is migrated even by a reader, since the console reads it before any job writes it.
 */
export function openCatalog(path: string, options: { readonly: true }): OpenDatabase<ReadableDb>
export function openCatalog(path: string, options?: { readonly?: boolean }): OpenDatabase<WritableDb>
export function openCatalog(path: string, options: { readonly?: boolean } = {}): OpenDatabase<ReadableDb> {
  if (!options.readonly) {
    const open = openWritable(path, CATALOG)
    undoLeftovers(open.db)
    return open
  }
  if (!existsSync(path)) {
    throw new AppError('catalog_missing', {
      message: `There is no catalog at ${path}.`,
      hint: 'Make it again from the repository with `orchive catalog rebuild`.',
      context: { path },
    })
  }
  return openReadonly(path, CATALOG)
}

/** Opens the console's own database: people, jobs, workspaces, settings, audit. Made and migrated when writable. */
export function openConsole(path: string, options: { readonly: true }): OpenDatabase<ReadableDb>
export function openConsole(path: string, options?: { readonly?: boolean }): OpenDatabase<WritableDb>
export function openConsole(path: string, options: { readonly?: boolean } = {}): OpenDatabase<ReadableDb> {
  return options.readonly && existsSync(path) ? openReadonly(path, CONSOLE) : openWritable(path, CONSOLE)
}

function openWritable(path: string, schema: Schema): OpenDatabase<WritableDb> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  return open(path, {}, (db) => {
    refuseFuture(db, schema.migrations, path)
    // Pages that a prune frees can then be given back bit by bit; it must be said before the first table.
    if (schemaVersion(db) === 0) db.pragma('auto_vacuum = INCREMENTAL')
    db.pragma('journal_mode = WAL')
    db.pragma(`synchronous = ${schema.synchronous}`)
    db.pragma('foreign_keys = ON')
    migrate(db, schema.migrations)
  })
}

function openReadonly(path: string, schema: Schema): OpenDatabase<ReadableDb> {
  const version = open(path, { readonly: true }, (db) => refuseFuture(db, schema.migrations, path))
  if (schemaVersion(version.db) === schema.migrations.length) return version
  version.close()
  openWritable(path, schema).close()
  return open(path, { readonly: true }, () => {})
}

function open(path: string, options: Database.Options, prepare: (db: WritableDb) => void): OpenDatabase<WritableDb> {
  let raw: Database.Database | null = null
  try {
    raw = new Database(path, { ...options, timeout: 5000 })
    const db = raw as WritableDb
    db.pragma('temp_store = MEMORY')
    prepare(db)
    return { db, close: () => void (db.open && db.close()) }
  } catch (error) {
    raw?.close()
    throw explainSqliteError(error, path)
  }
}
