import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { CONSOLE_MIGRATIONS } from './console/migrations/index.ts'
import { openCatalog, openConsole } from './open-database.ts'
import { temporaryFolder } from './testing.ts'

test('a fresh console database is made with WAL, full sync, foreign keys and the newest schema', () => {
  using folder = temporaryFolder()
  const { db, close } = openConsole(join(folder.path, 'db', 'console.db'))
  expect(db.pragma('journal_mode', { simple: true })).toBe('wal')
  expect(db.pragma('synchronous', { simple: true })).toBe(2)
  expect(db.pragma('foreign_keys', { simple: true })).toBe(1)
  expect(db.pragma('user_version', { simple: true })).toBe(CONSOLE_MIGRATIONS.length)
  close()
  close()
})

test('every table of ours is STRICT', () => {
  using folder = temporaryFolder()
  const people = ['user', 'session', 'account', 'verification', 'rateLimit', 'twoFactor']
  for (const { db, close } of [openConsole(join(folder.path, 'console.db')), openCatalog(join(folder.path, 'catalog.db'))]) {
    const loose = db
      .prepare(
        `SELECT name FROM pragma_table_list WHERE type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite%' AND name NOT LIKE '%search%'`,
      )
      .pluck()
      .all() as string[]
    expect(loose.filter((name) => !people.includes(name))).toEqual([])
    close()
  }
})

test('opening again, or by two handles at once, migrates once', () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'console.db')
  const first = openConsole(path)
  const second = openConsole(path)
  expect(second.db.prepare('SELECT COUNT(*) FROM jobs').pluck().get()).toBe(0)
  first.close()
  second.close()
})

test('a database from the future is refused and left as it is, by readers too', () => {
  using folder = temporaryFolder()
  for (const [name, open] of [
    ['console.db', openConsole],
    ['catalog.db', openCatalog],
  ] as const) {
    const path = join(folder.path, name)
    const raw = new Database(path)
    raw.pragma('user_version = 9999')
    raw.close()
    const before = readFileSync(path)
    expect(() => open(path)).toThrow(expect.objectContaining({ code: 'catalog_from_future' }))
    expect(() => open(path, { readonly: true })).toThrow(expect.objectContaining({ code: 'catalog_from_future' }))
    expect(readFileSync(path).equals(before)).toBe(true)
  }
})

test('a missing catalog is not made by a reader; the error says how to get it back', () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'catalog.db')
  expect(() => openCatalog(path, { readonly: true })).toThrow(
    expect.objectContaining({ code: 'catalog_missing', hint: expect.stringContaining('catalog rebuild') }),
  )
})

test('a file that is no database is catalog_damaged, naming the file', () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'catalog.db')
  writeFileSync(path, 'not a database, and long enough to be read as a header '.repeat(20))
  expect(() => openCatalog(path)).toThrow(expect.objectContaining({ code: 'catalog_damaged', message: expect.stringContaining(path) }))
})

test('a reader cannot write', () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'console.db')
  openConsole(path).close()
  const { db, close } = openConsole(path, { readonly: true })
  expect(() => db.exec(`INSERT INTO settings VALUES ('a', '1', 'now')`)).toThrow(/readonly/)
  close()
})
