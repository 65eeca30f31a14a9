import { expect, test } from 'vitest'
import { newSeriesId, newWorkspaceId } from '#lib/base/ids.ts'
import { type SearchRequest, searchNames } from './queries/search-names.ts'
import { parsePattern } from './search-pattern.ts'
import { TestCatalog, type Tree } from './testing.ts'

/** The paths of all pages. */
function pathsOf(catalog: TestCatalog, request: SearchRequest, bounds?: Parameters<typeof searchNames>[2]): string[] {
  const paths: string[] = []
  let cursor: string | null = null
  do {
    const page = searchNames(catalog.db, { ...request, cursor }, bounds)
    paths.push(...page.rows.map((row) => row.path))
    cursor = page.nextCursor
  } while (cursor !== null)
  return paths
}

const TREE: Tree = {
  'knowledge-packs/pack-1.json': '1',
  'knowledge-packs/pack-2.json': '2',
  'knowledge-packs/old/PACK-3.json': '3',
  'logs/run-12.jsonl': 'r',
  'logs/run-120.jsonl': 'r',
  'logs/100%_done!': 'x',
  'logs/back\\\\slash': 'x',
  'logs/\\xffbroken': 'x',
  'logs/Überblick': 'x',
  ab: 'short',
}

test('a text finds every name that has it, in any case of ASCII letters, folders too', async () => {
  using catalog = new TestCatalog()
  await catalog.take(TREE)
  const find = (pattern: string) => pathsOf(catalog, { pattern }).toSorted()
  expect(find('pack-')).toEqual(['knowledge-packs/old/PACK-3.json', 'knowledge-packs/pack-1.json', 'knowledge-packs/pack-2.json'])
  expect(find('PACKS')).toEqual(['knowledge-packs'])
  expect(find('run-12')).toEqual(['logs/run-12.jsonl', 'logs/run-120.jsonl'])
  expect(find('run-12.')).toEqual(['logs/run-12.jsonl'])
  expect(find('nothing at all')).toEqual([])
})

test('characters that SQL or the index give a meaning are only themselves', async () => {
  using catalog = new TestCatalog()
  await catalog.take(TREE)
  const find = (pattern: string) => pathsOf(catalog, { pattern })
  expect(find('100%_')).toEqual(['logs/100%_done!'])
  expect(find('done!')).toEqual(['logs/100%_done!'])
  expect(find('1__%')).toEqual([])
  expect(find('run_12')).toEqual([])
  expect(find('back\\\\slash')).toEqual(['logs/back\\\\slash'])
  expect(find('\\xffbro')).toEqual(['logs/\\xffbroken'])
  expect(find('Überb')).toEqual(['logs/Überblick'])
  for (const quoted of ['"run"', `'run'`, 'run" OR "pack', 'run-12 AND pack', '(run-12)', 'run-12:*']) expect(find(quoted)).toEqual([])
})

test('wildcards make it a pattern for the whole name; a slash says what the folder is', async () => {
  using catalog = new TestCatalog()
  await catalog.take(TREE)
  const find = (pattern: string) => pathsOf(catalog, { pattern }).toSorted()
  expect(find('run-*.jsonl')).toEqual(['logs/run-12.jsonl', 'logs/run-120.jsonl'])
  expect(find('run-1?.jsonl')).toEqual(['logs/run-12.jsonl'])
  expect(find('*-12*')).toEqual(['logs/run-12.jsonl', 'logs/run-120.jsonl'])
  expect(find('old/pack')).toEqual(['knowledge-packs/old/PACK-3.json'])
  expect(find('packs/pack-')).toEqual(['knowledge-packs/pack-1.json', 'knowledge-packs/pack-2.json'])
  expect(find('knowledge-packs/*.json')).toEqual(['knowledge-packs/pack-1.json', 'knowledge-packs/pack-2.json'])
  expect(find('*/pack-?.json')).toHaveLength(3)
})

test('a text under three characters is searched for within one folder only', async () => {
  using catalog = new TestCatalog()
  const archiveId = await catalog.take(TREE)
  for (const pattern of ['ab', 'a', '*.j', 'a*b', 'logs/', 'logs/ru']) {
    expect(() => searchNames(catalog.db, { pattern })).toThrow(expect.objectContaining({ code: 'invalid_input' }))
    expect(() => searchNames(catalog.db, { pattern, archiveId })).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  }
  expect(pathsOf(catalog, { pattern: 'ab', archiveId, folder: '' })).toEqual(['ab'])
  expect(pathsOf(catalog, { pattern: '12', archiveId, folder: 'logs', limit: 1 })).toEqual(['logs/run-12.jsonl', 'logs/run-120.jsonl'])
  for (const pattern of ['', '  ', '/', '*'.repeat(3), '*a*b*c*d*e*f*g*h*i*j*', 'x'.repeat(1001)]) {
    expect(() => searchNames(catalog.db, { pattern })).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  }
  expect(() => searchNames(catalog.db, { pattern: 'abc', cursor: 'x' })).toThrow(expect.objectContaining({ code: 'invalid_input' }))
})

test('within a folder only what lies below it is found', async () => {
  using catalog = new TestCatalog()
  const archiveId = await catalog.take({ 'a/run-1': '1', 'a/deep/run-2': '2', 'ab/run-3': '3', 'run-4': '4' })
  const find = (folder: string) => pathsOf(catalog, { pattern: 'run-', archiveId, folder })
  expect(find('a').toSorted()).toEqual(['a/deep/run-2', 'a/run-1'])
  expect(find('')).toHaveLength(4)
  expect(() => find('nowhere')).toThrow(expect.objectContaining({ code: 'path_unknown' }))
})

test('over all archives each path is found once, with its newest version and the archives that hold that version', async () => {
  using catalog = new TestCatalog()
  await catalog.take({ 'logs/run-1': 'one' })
  const second = await catalog.take({ 'logs/run-1': 'two!', 'logs/run-2': 'x' })
  const third = await catalog.take({ 'logs/run-1': 'two!' })
  await catalog.take({})
  const safety = await catalog.take({ 'logs/run-2': 'yy' }, { series: newSeriesId(), kind: 'safety' })
  const { rows } = searchNames(catalog.db, { pattern: 'run-', workspaceId: catalog.workspaceId })
  expect(rows).toMatchObject([
    { path: 'logs/run-1', sizeBytes: 4, firstArchiveId: second, lastArchiveId: third },
    { path: 'logs/run-2', sizeBytes: 2, firstArchiveId: safety, lastArchiveId: safety },
  ])
  expect(rows[0]!.firstAt < rows[0]!.lastAt).toBe(true)
})

test('in one archive only what it holds is found, as it holds it', async () => {
  using catalog = new TestCatalog()
  const first = await catalog.take({ 'logs/run-1': 'one', 'logs/run-2': 'x' })
  const second = await catalog.take({ 'logs/run-1': 'two!', 'logs/run-3': 'x' })
  const find = (archiveId: string) => searchNames(catalog.db, { pattern: 'run-', archiveId }).rows.map((row) => [row.path, row.sizeBytes])
  expect(find(first)).toEqual([
    ['logs/run-1', 3],
    ['logs/run-2', 1],
  ])
  expect(find(second)).toEqual([
    ['logs/run-1', 4],
    ['logs/run-3', 1],
  ])
})

test('forgotten archives and other workspaces are not searched', async () => {
  using catalog = new TestCatalog()
  await catalog.take({ 'logs/run-1': 'one' }, { marks: [{ kind: 'forget', at: '2026-01-01T00:00:00.000Z', actor: 'Ada' }] })
  await catalog.take({ 'logs/run-2': 'two' }, { workspaceId: newWorkspaceId(), series: newSeriesId() })
  expect(pathsOf(catalog, { pattern: 'run-' })).toEqual(['logs/run-2'])
  expect(pathsOf(catalog, { pattern: 'run-', workspaceId: catalog.workspaceId })).toEqual([])
  expect(pathsOf(catalog, { pattern: 'run-', workspaceId: newWorkspaceId() })).toEqual([])
})

test('pages of any size give every match once, also when matches are rare among the candidates', async () => {
  using catalog = new TestCatalog()
  const many: Tree = {}
  for (let n = 0; n < 700; n++) many[`packs/${n % 10}/pack-${n}.json`] = `${n}`
  await catalog.take(many)
  const few = await catalog.take({ 'packs/7/pack-437.json': 'x', 'packs/0/pack-690.json': 'y' })
  const bounds = { hits: 1000, candidates: 300, atOnce: 100 }
  const first = searchNames(catalog.db, { pattern: 'pack-', archiveId: few, limit: 10 }, bounds)
  expect(first.rows.length).toBeLessThan(2)
  expect(first.nextCursor).not.toBeNull()
  expect(pathsOf(catalog, { pattern: 'pack-', archiveId: few }, bounds).toSorted()).toEqual([
    'packs/0/pack-690.json',
    'packs/7/pack-437.json',
  ])
  const all = pathsOf(catalog, { pattern: 'pack-', limit: 500 }, bounds)
  expect(new Set(all).size).toBe(700)
  expect(all).toHaveLength(700)
})

test('names that have the trigrams of a text but not the text are not looked at without end', async () => {
  using catalog = new TestCatalog()
  const many: Tree = {}
  for (let n = 0; n < 100; n++) many[`logs/bcd-abc-${n}`] = 'x'
  await catalog.take(many)
  await catalog.take({ ...many, 'logs/abcd-100': 'x', 'logs/bcd-abc-101': 'x' })
  const bounds = { hits: 30, candidates: 300, atOnce: 100 }
  expect(searchNames(catalog.db, { pattern: 'abcd' }, bounds)).toEqual({ rows: [], nextCursor: expect.any(String) })
  expect(pathsOf(catalog, { pattern: 'abcd' }, bounds)).toEqual(['logs/abcd-100'])
  expect(pathsOf(catalog, { pattern: 'bcd-' }, bounds)).toHaveLength(102)
})

test('a pattern is asked for as all of its trigrams', () => {
  expect(parsePattern('abcd').match).toBe('"abc" AND "bcd"')
  expect(parsePattern('a"bc').match).toBe('"a""b" AND """bc"')
  expect(parsePattern('ab*cd').match).toBeNull()
  expect(parsePattern('*日本語x')).toMatchObject({ match: '"日本語" AND "本語x"', nameLike: '%日本語x' })
})
