import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { CATALOG_MIGRATIONS } from './catalog/migrations/index.ts'
import { CONSOLE_MIGRATIONS } from './console/migrations/index.ts'
import { inTransaction, type WritableDb, withoutWaiting } from './handle.ts'
import { migrate } from './migrate.ts'
import { openCatalog, openConsole } from './open-database.ts'
import { temporaryFolder } from './testing.ts'

test('a catalog of the first schema gets what lists of many archives read, from the rows and marks that it has', () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'catalog.db')
  const old = new Database(path) as WritableDb
  migrate(old, CATALOG_MIGRATIONS.slice(0, 1))
  old.exec(`
    INSERT INTO repositories VALUES (1, 'repo_1', '/r');
    INSERT INTO workspaces VALUES (1, 'ws_1', 0), (2, 'ws_2', 0);
    INSERT INTO series VALUES (1, 'ser_1', 1, 1);`)
  const add = old.prepare(
    `INSERT INTO archives (archive, id, series, number, workspace, workspace_name, committed, kind, created_at_ms, duration_ms, files, entries, content_bytes,
       stored_bytes, warnings, items, forgotten_at_ms) VALUES (?, ?, 1, ?, 1, 'w', ?, 'backup', ?, 0, 0, 0, 10, 3, 0, ?, ?)`,
  )
  const items = JSON.stringify([
    { label: 'State file', importance: 'critical', kind: 'missing' },
    { label: 'Logs', importance: 'high', kind: 'missing' },
  ])
  add.run(1, 'arc_1', 1, 1, 1000, items, null)
  add.run(2, 'arc_2', 2, 1, 2000, '[]', null)
  add.run(3, 'arc_3', 3, 1, 3000, '[]', 5000)
  add.run(4, 'arc_4', 4, 0, 4000, '[]', null)
  for (const [seq, kind] of ['suspect', 'accept', 'hold', 'release'].entries())
    old.prepare('INSERT INTO marks VALUES (2, ?, ?)').run(seq, JSON.stringify({ kind }))
  old.close()
  const { db, close } = openCatalog(path)
  expect(db.prepare('SELECT id, accepted, released, lacks FROM archives ORDER BY archive').raw().all()).toEqual([
    ['arc_1', 0, 0, '["State file"]'],
    ['arc_2', 1, 1, null],
    ['arc_3', 0, 0, null],
  ])
  expect(db.prepare('SELECT * FROM archive_sums').raw().all()).toEqual([[1, 2, 20, 6]])
  close()
})

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

test('commits that do not wait for the disk are seen by others, and the next one waits again', () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'console.db')
  const { db, close } = openConsole(path)
  const { db: other, close: closeOther } = openConsole(path)
  const waits = () => db.pragma('synchronous', { simple: true })
  db.exec('CREATE TABLE t (n INTEGER) STRICT')
  withoutWaiting(db, () => {
    expect(waits()).toBe(1)
    db.exec('INSERT INTO t VALUES (1)')
  })
  expect(other.prepare('SELECT n FROM t').all()).toEqual([{ n: 1 }])
  expect(() => withoutWaiting(db, () => db.exec('INSERT INTO t VALUES (null, 2)'))).toThrow()
  expect(waits()).toBe(2)
  inTransaction(db, () => withoutWaiting(db, () => expect(waits()).toBe(2)))
  close()
  closeOther()
})
