import type Database from 'better-sqlite3'

declare const readable: unique symbol
declare const writable: unique symbol

/** A database handle that may be read. It is the better-sqlite3 database itself, so libraries that want one can take it. */
export type ReadableDb = Database.Database & { readonly [readable]: true }

/** A database handle that may also be written; every one can be read. */
export type WritableDb = ReadableDb & { readonly [writable]: true }

/** What a statement takes: positional values or one object of named ones. */
export type Parameters = unknown[] | Record<string, unknown>

const statements = new WeakMap<Database.Database, Map<string, Database.Statement>>()

/** The statement of this SQL text, compiled once for each handle. */
export function prepared<P extends Parameters, Row = unknown>(db: ReadableDb, sql: string): Database.Statement<P, Row> {
  let known = statements.get(db)
  if (!known) statements.set(db, (known = new Map()))
  let statement = known.get(sql)
  if (!statement) known.set(sql, (statement = db.prepare(sql)))
  return statement as unknown as Database.Statement<P, Row>
}

/** Runs a synchronous function in one transaction that takes the write lock at its start; inside another one it is a savepoint. */
export function inTransaction<T>(db: WritableDb, work: () => T): T {
  return db.transaction(work).immediate()
}

/** Runs a synchronous function over one snapshot: several reads that must agree with each other. */
export function inSnapshot<T>(db: ReadableDb, work: () => T): T {
  return db.transaction(work).deferred()
}

/**
 * Runs work whose commits do not wait for the disk: whole or not at all as ever, seen by every process at once, and durable with the next commit that does
 * wait. For rows that may be lost in a power cut, such as progress. Inside a transaction it changes nothing.
 */
export function withoutWaiting<T>(db: WritableDb, work: () => T): T {
  const before = db.inTransaction ? SYNC_NORMAL : db.pragma('synchronous', { simple: true })
  if (before === SYNC_NORMAL) return work()
  db.pragma(`synchronous = ${SYNC_NORMAL}`)
  try {
    return work()
  } finally {
    db.pragma(`synchronous = ${String(before)}`)
  }
}

/** `PRAGMA synchronous`: with a write-ahead log, only a checkpoint waits. */
const SYNC_NORMAL = 1
