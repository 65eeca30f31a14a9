import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ArchiveId } from '#lib/base/ids.ts'
import { newSeriesId } from '#lib/base/ids.ts'
import { comparePaths } from '#lib/base/path-text.ts'
import { getArchive } from './queries/get-archive.ts'
import { listVersions, pageVersions } from './queries/history.ts'
import { getEntry, getFolderTotals, listFolder } from './queries/list-folder.ts'
import { listTree } from './queries/list-tree.ts'
import { entriesOf, TestCatalog, type Tree } from './testing.ts'

/** All pages of a list, `limit` rows at a time. */
function allOf<Row>(page: (cursor: string | null) => { rows: Row[]; nextCursor: string | null }): Row[] {
  const rows: Row[] = []
  let cursor: string | null = null
  do {
    const next = page(cursor)
    rows.push(...next.rows)
    cursor = next.nextCursor
  } while (cursor !== null)
  return rows
}

const names = fc.constantFrom('a', 'a!', 'a0', 'B', 'logs', '-x', '\\xff', '\\\\', '\\x01n', 'ü', '日本', 'z.json')
const path = fc.array(names, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
const content = fc.oneof(fc.string({ maxLength: 3 }), fc.constant(null))

/** A tree in which no file has something below it. */
const tree = fc.dictionary(path, content, { maxKeys: 12 }).map((raw) => {
  const kept: Tree = {}
  for (const [at, value] of Object.entries(raw)) {
    if (value !== null && Object.keys(raw).some((other) => other.startsWith(`${at}/`))) kept[at] = null
    else kept[at] = value
  }
  return kept
})

test('whatever a series went through, each of its archives lists exactly its own tree, in archive order, with true totals', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(tree, { minLength: 1, maxLength: 6 }), async (trees) => {
      using catalog = new TestCatalog()
      const archives: ArchiveId[] = []
      for (const each of trees) archives.push(await catalog.take(each))
      for (const [index, each] of trees.entries()) {
        const archiveId = archives[index]!
        const entries = entriesOf(each)
        const expected = [...entries.keys()].sort(comparePaths)
        for (const limit of [1, 3, 1000]) {
          const rows = allOf((cursor) => listTree(catalog.db, { archiveId, limit, cursor }))
          expect(rows.map((row) => row.path)).toEqual(expected)
          for (const row of rows) {
            const entry = entries.get(row.path)!
            const below = [...entries.values()].filter((other) => other.type === 'file' && other.path.startsWith(`${row.path}/`))
            expect(row).toMatchObject({
              type: entry.type,
              sha256: entry.sha256,
              sizeBytes: entry.type === 'dir' ? below.reduce((sum, file) => sum + file.sizeBytes, 0) : entry.sizeBytes,
              files: entry.type === 'dir' ? below.length : null,
            })
          }
        }
        const top = expected.filter((each) => !each.includes('/'))
        expect(allOf((cursor) => listFolder(catalog.db, { archiveId, limit: 2, cursor })).map((row) => row.path)).toEqual(top)
        const files = [...entries.values()].filter((entry) => entry.type === 'file')
        expect(getFolderTotals(catalog.db, archiveId)).toEqual({
          files: files.length,
          bytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
        })
      }
    }),
    { numRuns: 25 },
  )
})

test('change counts and letters say how an archive differs from the one before it', async () => {
  using catalog = new TestCatalog()
  await catalog.take({ 'logs/a': '1', 'logs/b': '2', 'packs/p/x': 'x', 'packs/q': 'q', same: 's' })
  const second = await catalog.take({ 'logs/a': '1', 'logs/b': 'two', 'logs/c': '3', 'packs/q': 'q', same: 's', 'new/n': 'n' })
  expect(getArchive(catalog.db, second, 0).changes).toEqual({ added: 2, changed: 1, removed: 1 })
  const letters = (path: string) =>
    Object.fromEntries(listFolder(catalog.db, { archiveId: second, path }).rows.map((row) => [row.name, row.change]))
  expect(letters('')).toEqual({ logs: 'changed', new: 'added', packs: 'changed', same: null })
  expect(letters('logs')).toEqual({ a: null, b: 'changed', c: 'added' })
  expect(letters('packs')).toEqual({ q: null })
})

test('the first archive of a series has nothing to be compared with: counts and letters are null, never zero', async () => {
  using catalog = new TestCatalog()
  const first = await catalog.take({ 'logs/a': '1' })
  expect(getArchive(catalog.db, first, 0).changes).toBeNull()
  expect(listFolder(catalog.db, { archiveId: first }).rows.map((row) => row.change)).toEqual([null])
})

test('a touched file is the same file: its new time is shown, and it does not count as changed', async () => {
  using catalog = new TestCatalog()
  const before = await catalog.take({ 'logs/a': { sizeBytes: 1, sha256: 'aa'.repeat(32), mtimeNs: 1_000_000_000n } })
  const after = await catalog.take({ 'logs/a': { sizeBytes: 1, sha256: 'aa'.repeat(32), mtimeNs: -1n } })
  expect(getArchive(catalog.db, after, 0).changes).toEqual({ added: 0, changed: 0, removed: 0 })
  expect(listFolder(catalog.db, { archiveId: after, path: 'logs' }).rows[0]).toMatchObject({
    change: null,
    mtime: '1969-12-31T23:59:59.999Z',
  })
  expect(listFolder(catalog.db, { archiveId: after }).rows[0]!.change).toBeNull()
  expect(getEntry(catalog.db, before, 'logs/a')!.mtime).toBe('1970-01-01T00:00:01.000Z')
})

test('a file that becomes a folder, and back, is seen as each archive had it', async () => {
  using catalog = new TestCatalog()
  const file = await catalog.take({ x: 'file' })
  const folder = await catalog.take({ 'x/y': 'inside' })
  const again = await catalog.take({ x: 'file' })
  expect(getEntry(catalog.db, file, 'x')!.type).toBe('file')
  expect(getEntry(catalog.db, folder, 'x')!.type).toBe('dir')
  expect(listFolder(catalog.db, { archiveId: folder, path: 'x' }).rows.map((row) => row.path)).toEqual(['x/y'])
  expect(getEntry(catalog.db, again, 'x/y')).toBeNull()
  expect(getArchive(catalog.db, folder, 0).changes).toEqual({ added: 1, changed: 0, removed: 1 })
})

test('a path that no folder has is path_unknown, a file too, and garbage is never a path', async () => {
  using catalog = new TestCatalog()
  const archiveId = await catalog.take({ 'logs/a': '1' })
  for (const path of ['nothing', 'logs/a', 'logs/', '/logs', 'logs/..', '../etc', 'logs\\x', 'logs//a', '\0']) {
    expect(() => listFolder(catalog.db, { archiveId, path })).toThrow(expect.objectContaining({ code: 'path_unknown' }))
  }
  expect(() => listFolder(catalog.db, { archiveId, cursor: 'zzz' })).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  expect(() => listFolder(catalog.db, { archiveId: 'arc_none' })).toThrow(expect.objectContaining({ code: 'archive_unknown' }))
})

test('history folds equal content of different times into one version, over all series of the workspace', async () => {
  using catalog = new TestCatalog()
  const a1 = await catalog.take({ state: 'A' })
  const b = await catalog.take({ state: 'B' })
  const safety = await catalog.take({ state: 'B' }, { series: newSeriesId(), kind: 'safety' })
  const a2 = await catalog.take({ state: 'A' })
  await catalog.take({ other: 'x' })
  const versions = listVersions(catalog.db, catalog.workspaceId, 'state')
  expect(versions.map((version) => version.archives.map((archive) => archive.id))).toEqual([
    [a2, a1],
    [safety, b],
  ])
  expect(versions.map((version) => version.sizeBytes)).toEqual([1, 1])
  const spans = allOf((cursor) =>
    pageVersions(catalog.db, { workspaceId: catalog.workspaceId, path: 'state', archiveId: b, cursor, limit: 1 }),
  )
  expect(spans.map(({ archives, newest, oldest, isShown }) => [archives, newest.id, oldest.id, isShown])).toEqual([
    [2, a2, a1, false],
    [2, safety, b, true],
  ])
  for (const [i, { archives, ...version }] of versions.entries()) expect(spans[i]).toMatchObject({ ...version, newest: archives[0] })
  const unknown = { workspaceId: catalog.workspaceId, path: 'never' }
  expect(() => pageVersions(catalog.db, unknown)).toThrow(expect.objectContaining({ code: 'path_unknown' }))
  expect(() => listVersions(catalog.db, catalog.workspaceId, 'never')).toThrow(expect.objectContaining({ code: 'path_unknown' }))
})

test('times past what 64 bits of nanoseconds hold are kept as the last that they do', async () => {
  using catalog = new TestCatalog()
  const archiveId = await catalog.take({ far: { mtimeNs: 2n ** 70n, sizeBytes: 0 }, old: { mtimeNs: -(2n ** 70n), sizeBytes: 0 } })
  expect(listFolder(catalog.db, { archiveId }).rows.map((row) => row.mtime.slice(0, 4))).toEqual(['2262', '1677'])
})
