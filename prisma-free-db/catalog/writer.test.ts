import { fork } from 'node:child_process'
import { once } from 'node:events'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { openCatalog } from '../open-database.ts'
import { applyArchive } from './apply-archive.ts'
import { followCatalog } from './follow-catalog.ts'
import { listArchives } from './queries/list-archives.ts'
import { listTree } from './queries/list-tree.ts'
import { replaceCatalog } from './replace-catalog.ts'
import { deltaBetween, entriesOf, streamOf, TestCatalog, type Tree } from './testing.ts'
import { asCatalogWriter, withWriterLock } from './writer-lock.ts'

/** Every row that any query could see. */
function contentOf(catalog: TestCatalog): unknown {
  const tables = ['archives', 'archive_details', 'marks', 'entry_versions', 'folder_names', 'folder_totals']
  return tables.map((table) => catalog.db.prepare(`SELECT * FROM ${table}`).safeIntegers(true).all())
}

const bigTree = (files: number, text = ''): Tree =>
  Object.fromEntries(Array.from({ length: files }, (_, n) => [`logs/${n % 7}/f${n}`, `${text}${n}`]))

test.each([
  ['the first archive of a series', {}],
  ['an archive', bigTree(100)],
])('%s that breaks off half way is never seen, and the next writer undoes it to the row', async (_, tree) => {
  using catalog = new TestCatalog()
  const isFirst = Object.keys(tree).length === 0
  if (!isFirst) await catalog.take(tree)
  const before = contentOf(catalog)
  const delta = deltaBetween(entriesOf(tree), entriesOf(bigTree(12_000, 'new')))
  async function* broken() {
    yield* delta.slice(0, 11_000)
    throw new Error('the disk went away')
  }
  const number = isFirst ? 1 : 2
  const archive = { ...rowOf(catalog), seriesNumber: number }
  const attempt = asCatalogWriter(catalog.db, () =>
    applyArchive(catalog.db, { repository: catalog.repository, archive, marks: [], delta: broken() }),
  )
  await expect(attempt).rejects.toThrow('the disk went away')
  expect(catalog.db.prepare('SELECT COUNT(*) FROM entry_versions WHERE since = ?').pluck().get(number)).toBeGreaterThan(5000)
  expect(listArchives(catalog.db, {}, 0).rows).toHaveLength(isFirst ? 0 : 1)
  openCatalog(catalog.path).close()
  expect(contentOf(catalog)).toEqual(before)
  const id = await catalog.take(bigTree(12_000, 'new'))
  expect(listTree(catalog.db, { archiveId: id, limit: 10_000 }).rows).toHaveLength(10_000)
})

test('a writer killed in mid-absorb holds nobody up, and its rows are gone at the next open', async () => {
  using catalog = new TestCatalog()
  await catalog.take(bigTree(100))
  const before = contentOf(catalog)
  const child = fork(new URL('./killed-writer.fixture.ts', import.meta.url), [catalog.path, JSON.stringify(rowOf(catalog))], {
    execPath: process.execPath,
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child, 'message')
  expect(catalog.db.prepare('SELECT COUNT(*) FROM archives WHERE committed = 0').pluck().get()).toBe(1)
  // While it lives, opening the catalog leaves its rows alone.
  openCatalog(catalog.path).close()
  expect(catalog.db.prepare('SELECT COUNT(*) FROM entry_versions WHERE since = 2').pluck().get()).toBeGreaterThan(0)
  await expect(asCatalogWriter(catalog.db, () => {}, { waitMs: 60 })).rejects.toMatchObject({ code: 'io_failed', retryable: true })
  child.kill('SIGKILL')
  await once(child, 'exit')
  openCatalog(catalog.path).close()
  expect(contentOf(catalog)).toEqual(before)
})

test('writers take turns', async () => {
  using catalog = new TestCatalog()
  const order: string[] = []
  let release = () => {}
  const first = withWriterLock(catalog.path, async () => {
    order.push('first in')
    await new Promise<void>((resolve) => (release = resolve))
    order.push('first out')
  })
  const second = asCatalogWriter(catalog.db, () => order.push('second in'))
  await new Promise(setImmediate)
  release()
  await Promise.all([first, second])
  expect(order).toEqual(['first in', 'first out', 'second in'])
})

test('waiting for another writer ends when it is cancelled', async () => {
  using catalog = new TestCatalog()
  const abort = new AbortController()
  await withWriterLock(catalog.path, async () => {
    const waiting = asCatalogWriter(catalog.db, () => {}, { signal: abort.signal })
    abort.abort(new Error('stop'))
    await expect(waiting).rejects.toThrow('stop')
  })
})

test('rows and manifests that disagree are found out, not papered over', async () => {
  using catalog = new TestCatalog()
  await catalog.take({ a: '1' })
  const [change] = deltaBetween(entriesOf({ b: '1' }), entriesOf({ b: '2' }))
  const input = { repository: catalog.repository, marks: [], delta: streamOf([change!]) }
  const wrong = asCatalogWriter(catalog.db, () => applyArchive(catalog.db, { ...input, archive: { ...rowOf(catalog), seriesNumber: 2 } }))
  await expect(wrong).rejects.toMatchObject({ code: 'catalog_damaged' })
  const again = asCatalogWriter(catalog.db, () => applyArchive(catalog.db, { ...input, archive: { ...rowOf(catalog), seriesNumber: 1 } }))
  await expect(again).rejects.toMatchObject({ code: 'catalog_damaged', message: expect.stringContaining('number 1') })
})

test('a catalog is replaced under open handles: a read that has begun sees the old one to its end, the next one the new', async () => {
  using old = new TestCatalog()
  using made = new TestCatalog()
  await old.take(bigTree(3000))
  for (let n = 0; n < 3; n++) await made.take(bigTree(3000, `${n}`))
  const reader = openCatalog(old.path, { readonly: true })
  expect(listArchives(reader.db, {}, 0).rows).toHaveLength(1)
  reader.db.exec('BEGIN')
  expect(listArchives(reader.db, {}, 0).rows).toHaveLength(1)
  await withWriterLock(old.path, () => replaceCatalog(made.db, old.path))
  expect(listArchives(reader.db, {}, 0).rows).toHaveLength(1)
  reader.db.exec('COMMIT')
  expect(listArchives(reader.db, {}, 0).rows).toHaveLength(3)
  expect(listArchives(old.db, {}, 0).rows).toHaveLength(3)
  expect(old.db.pragma('journal_mode', { simple: true })).toBe('wal')
  expect(old.db.pragma('integrity_check', { simple: true })).toBe('ok')
  reader.close()
})

test('a catalog that is not a database any more, or from the future, is replaced all the same', async () => {
  using made = new TestCatalog()
  await made.take({ a: '1' })
  for (const spoil of [
    (path: string) => writeFileSync(path, 'x'.repeat(5000)),
    (path: string) => {
      const { db, close } = openCatalog(path)
      db.pragma('user_version = 9999')
      close()
    },
    () => {},
  ]) {
    const path = `${made.path}.spoilt`
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
    spoil(path)
    await withWriterLock(path, () => replaceCatalog(made.db, path))
    const { db, close } = openCatalog(path, { readonly: true })
    expect(listArchives(db, {}, 0).rows).toHaveLength(1)
    close()
  }
})

test('a follower of a path notices that the file there is another one, or gone', async () => {
  using first = new TestCatalog()
  using second = new TestCatalog()
  await second.take({ a: '1' })
  const follower = followCatalog(first.path)
  expect(listArchives(follower.db(), {}, 0).rows).toEqual([])
  expect(follower.db()).toBe(follower.db())
  for (const suffix of ['', '-wal', '-shm']) rmSync(first.path + suffix, { force: true })
  expect(() => follower.db()).toThrow(expect.objectContaining({ code: 'catalog_missing' }))
  second.db.pragma('wal_checkpoint(TRUNCATE)')
  await second.db.backup(`${first.path}.copy`)
  renameSync(`${first.path}.copy`, first.path)
  expect(listArchives(follower.db(), {}, 0).rows).toHaveLength(1)
  follower.close()
})

function rowOf(catalog: TestCatalog) {
  return {
    id: 'arc_000000000000000000000001' as const,
    series: catalog.mainSeries,
    seriesNumber: 2,
    workspaceId: catalog.workspaceId,
    workspaceName: 'prod',
    kind: 'backup' as const,
    createdAtMs: 0,
    durationMs: 0,
    root: '/',
    configPath: '/c',
    note: null,
    files: 0,
    entries: 0,
    contentBytes: 0,
    storedBytes: 0,
    items: [],
    findings: [],
    configPaths: {},
  }
}
