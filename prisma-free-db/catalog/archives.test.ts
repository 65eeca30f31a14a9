import { expect, test } from 'vitest'
import { type ArchiveId, newSeriesId, newWorkspaceId } from '#lib/base/ids.ts'
import type { ArchiveRow, MarkRow } from './archive-row.ts'
import { pruneArchives } from './prune-archives.ts'
import { listArchivedDays } from './queries/calendar.ts'
import { findArchive, listKnownArchives, newestOfSeries } from './queries/find-archive.ts'
import { getArchive, listMarks } from './queries/get-archive.ts'
import { getWorkspaceFacts } from './queries/last-good.ts'
import { listArchives } from './queries/list-archives.ts'
import { listRestorable } from './queries/list-restorable.ts'
import { listTrash } from './queries/list-trash.ts'
import { listProvenLevels } from './queries/proven-levels.ts'
import { resolveArchive } from './queries/resolve-archive.ts'
import { getArchivedStorage, listGrowth } from './queries/storage.ts'
import { applyMarks } from './tables/archives.ts'
import { TestCatalog } from './testing.ts'

const DAY_MS = 86_400_000
const START_MS = Date.UTC(2026, 2, 20, 12)
const NOW_MS = START_MS + 365 * DAY_MS
const iso = (ms: number) => new Date(ms).toISOString()
const day = (n: number): Partial<ArchiveRow> => ({ createdAtMs: START_MS + n * DAY_MS })
const mark = (kind: MarkRow['kind'], more: Record<string, unknown> = {}): MarkRow => ({
  kind,
  at: iso(START_MS),
  actor: 'Ada',
  reason: 'why',
  ...more,
})
const passed = (level: number, more: Record<string, unknown> = {}) =>
  mark('grade', { level, passed: true, durationMs: 5, expiresAt: null, findings: [], ...more })
const safety = () => ({ kind: 'safety' as const, series: newSeriesId() })

test('lists are newest first over all series, page without gaps or doubles, and end', async () => {
  using catalog = new TestCatalog()
  const ids: string[] = []
  for (let n = 0; n < 9; n++) ids.push(await catalog.take({ f: `${n}` }, { ...day(Math.floor(n / 3)), ...(n % 4 === 3 ? safety() : {}) }))
  const all = listArchives(catalog.db, { workspaceId: catalog.workspaceId }, NOW_MS).rows
  expect(all.map((row) => row.createdAt)).toEqual(
    all
      .map((row) => row.createdAt)
      .toSorted()
      .toReversed(),
  )
  expect(all.map((row) => row.id).toSorted()).toEqual(ids.toSorted())
  const paged: string[] = []
  let cursor: string | null = null
  do {
    const page = listArchives(catalog.db, { cursor, limit: 2 }, NOW_MS)
    paged.push(...page.rows.map((row) => row.id))
    cursor = page.nextCursor
  } while (cursor)
  expect(paged).toEqual(all.map((row) => row.id))
  expect(() => listArchives(catalog.db, { cursor: 'x' }, NOW_MS)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
})

test('filters narrow by kind, proof, hold, suspicion and time', async () => {
  using catalog = new TestCatalog()
  const plain = await catalog.take({ f: '0' }, day(0))
  const proven = await catalog.take({ f: '1' }, { ...day(1), marks: [passed(1), passed(2), passed(3)] })
  const held = await catalog.take({ f: '2' }, { ...day(2), marks: [mark('hold', { until: null })] })
  const lapsed = await catalog.take({ f: '3' }, { ...day(3), marks: [mark('hold', { until: iso(NOW_MS - 1) })] })
  const suspect = await catalog.take({ f: '4' }, { ...day(4), marks: [mark('suspect', { findings: [] })] })
  const saved = await catalog.take({ f: '5' }, { ...day(5), ...safety() })
  const ids = (filter: Parameters<typeof listArchives>[1]) => listArchives(catalog.db, filter, NOW_MS).rows.map((row) => row.id)
  expect(ids({ kinds: ['safety'] })).toEqual([saved])
  expect(ids({ kinds: ['backup', 'import'] })).toEqual([suspect, lapsed, held, proven, plain])
  expect(ids({ minGrade: 3 })).toEqual([proven])
  expect(ids({ minGrade: 4 })).toEqual([])
  expect(ids({ held: true })).toEqual([held])
  expect(ids({ held: false })).not.toContain(held)
  expect(ids({ suspect: true })).toEqual([suspect])
  expect(ids({ fromMs: START_MS + DAY_MS, toMs: START_MS + 3 * DAY_MS })).toEqual([held, proven])
  expect(ids({ workspaceId: newWorkspaceId() })).toEqual([])
})

test('marks show as they stand: holds end or are released, suspicion is accepted, the newest note counts, forgotten is out of sight', async () => {
  using catalog = new TestCatalog()
  const id = await catalog.take({ f: '0' }, { ...day(0), note: 'first' })
  const see = (marks: MarkRow[], nowMs = NOW_MS) => {
    expect(applyMarks(catalog.db, id, marks)).toBe(true)
    expect(listMarks(catalog.db, id)).toEqual(marks)
    return getArchive(catalog.db, id, nowMs)
  }
  const hold = mark('hold', { until: iso(NOW_MS) })
  expect(see([hold], NOW_MS - 1).hold).toEqual({ reason: 'why', until: iso(NOW_MS), actor: 'Ada', at: iso(START_MS) })
  expect(see([hold], NOW_MS).hold).toBeNull()
  expect(see([mark('hold', { until: null }), mark('release')]).hold).toBeNull()
  expect(see([mark('release'), mark('hold', { until: null })]).hold).toMatchObject({ until: null })
  expect(see([mark('suspect', { findings: [] })]).suspect).toBe(true)
  expect(see([mark('suspect', { findings: [] }), mark('accept')]).suspect).toBe(false)
  expect(see([mark('accept'), mark('suspect', { findings: [] })]).suspect).toBe(true)
  expect(see([]).note).toBe('first')
  expect(see([mark('note', { text: 'second' }), mark('note', { text: 'third' })]).note).toBe('third')
  expect(see([]).note).toBe('first')
  see([mark('forget')])
  expect(listArchives(catalog.db, {}, NOW_MS).rows).toEqual([])
  expect(findArchive(catalog.db, id)).toMatchObject({ isForgotten: true })
  see([mark('forget'), mark('unforget')])
  expect(listArchives(catalog.db, {}, NOW_MS).rows).toHaveLength(1)
  expect(applyMarks(catalog.db, 'arc_unknown', [])).toBe(false)
})

test('the grade is the highest rung that stands: not expired, and no lower one failed since', async () => {
  using catalog = new TestCatalog()
  const id = await catalog.take({ f: '0' }, day(0))
  const at = (n: number) => ({ at: iso(START_MS + n * DAY_MS) })
  const grade = (marks: MarkRow[], nowMs = NOW_MS) => {
    applyMarks(catalog.db, id, marks)
    const { grade: shown, gradedAt } = getArchive(catalog.db, id, nowMs)
    for (let level = 1; level <= 5; level++) {
      const isListed = listArchives(catalog.db, { minGrade: level }, nowMs).rows.length === 1
      expect(isListed).toBe((shown ?? 0) >= level)
    }
    return [shown, gradedAt]
  }
  expect(grade([])).toEqual([null, null])
  expect(grade([passed(1, at(1)), passed(2, at(1)), passed(3, at(2))])).toEqual([3, at(2).at])
  expect(grade([passed(3, at(1)), passed(1, { ...at(2), passed: false })])).toEqual([0, at(2).at])
  expect(grade([passed(1, { ...at(1), passed: false }), passed(3, at(2))])).toEqual([3, at(2).at])
  expect(grade([passed(2, at(1)), passed(3, { ...at(2), passed: false })])).toEqual([2, at(1).at])
  expect(grade([passed(3, { ...at(1), passed: false }), passed(3, at(2))])).toEqual([3, at(2).at])
  expect(grade([passed(1, at(1)), passed(4, { ...at(1), expiresAt: iso(NOW_MS) })], NOW_MS - 1)).toEqual([4, at(1).at])
  expect(grade([passed(1, at(1)), passed(4, { ...at(1), expiresAt: iso(NOW_MS) })])).toEqual([1, at(1).at])
  expect(grade([passed(4, { ...at(1), expiresAt: iso(NOW_MS) })])).toEqual([null, null])
  expect(grade([passed(9), passed(0)])).toEqual([null, null])
})

test('an archive is named by id, by a unique prefix, by latest and by time; safety archives are never the latest', async () => {
  using catalog = new TestCatalog()
  const ids = []
  for (let n = 0; n < 3; n++) ids.push(await catalog.take({ f: `${n}` }, { ...day(n), id: `arc_aaaa${n}${'0'.repeat(19)}` }))
  await catalog.take({ f: 's' }, { ...day(9), ...safety() })
  const [zero, one, two] = ids
  const name = (text: string) => resolveArchive(catalog.db, text, catalog.workspaceId)
  expect(name(two!)).toBe(two)
  expect(name('arc_aaaa1')).toBe(one)
  expect(name('latest')).toBe(two)
  expect(name('latest~2')).toBe(zero)
  expect(name(`@${iso(START_MS + DAY_MS)}`)).toBe(one)
  expect(name(`@${iso(START_MS + DAY_MS - 1)}`)).toBe(zero)
  expect(resolveArchive(catalog.db, 'latest')).toBe(two)
  expect(() => name('arc_aaaa')).toThrow(expect.objectContaining({ code: 'archive_ambiguous', context: { candidates: ids } }))
  for (const unknown of ['arc_bbbb', 'latest~3', `@${iso(START_MS - 1)}`, `arc_${'b'.repeat(24)}`]) {
    expect(() => name(unknown)).toThrow(expect.objectContaining({ code: 'archive_unknown' }))
  }
  for (const wrong of ['', 'arc_a', 'arc_xyz9', 'newest', 'latest~', 'latest~-1', '@yesterday', `arc_${'a'.repeat(25)}`]) {
    expect(() => name(wrong)).toThrow(expect.objectContaining({ code: 'usage' }))
  }
  expect(() => resolveArchive(catalog.db, 'latest', newWorkspaceId())).toThrow(expect.objectContaining({ code: 'archive_unknown' }))
})

test('the detail of an archive has its findings, its rungs and its neighbours in time', async () => {
  using catalog = new TestCatalog()
  const findings = [
    { severity: 'warning' as const, code: 'vanished', path: 'logs/a', message: 'gone' },
    { severity: 'info' as const, code: 'grew', path: 'logs/b', message: 'longer' },
  ]
  const first = await catalog.take({ f: '0' }, day(0))
  const second = await catalog.take({ f: '1' }, { ...day(1), findings, marks: [passed(1)] })
  const third = await catalog.take({ f: '2' }, { ...day(2), ...safety() })
  expect(getArchive(catalog.db, second, NOW_MS)).toMatchObject({
    findings,
    warnings: 1,
    rungs: [{ level: 1, passed: true }],
    root: '/srv/prod',
    previousId: first,
    nextId: third,
  })
  expect(getArchive(catalog.db, first, NOW_MS).previousId).toBeNull()
  expect(getArchive(catalog.db, third, NOW_MS)).toMatchObject({ nextId: null, changes: null, seriesNumber: 1 })
  expect(() => getArchive(catalog.db, 'arc_none', NOW_MS)).toThrow(expect.objectContaining({ code: 'archive_unknown' }))
})

test('the last good archive is the newest whole one that is proven now and not suspect', async () => {
  using catalog = new TestCatalog()
  const facts = () => getWorkspaceFacts(catalog.db, catalog.workspaceId, NOW_MS)
  expect(facts()).toEqual({ archives: 0, oldestAt: null, newest: null, lastGood: null })
  const good = await catalog.take({ f: '0' }, { ...day(0), marks: [passed(3)] })
  await catalog.take({ f: '1' }, { ...day(1), marks: [passed(3, { expiresAt: iso(NOW_MS) })] })
  await catalog.take({ f: '2' }, { ...day(2), marks: [passed(3), mark('suspect', { findings: [] })] })
  const newest = await catalog.take({ f: '3' }, { ...day(3), marks: [passed(2)] })
  await catalog.take({ f: '4' }, { ...day(4), ...safety(), marks: [passed(5)] })
  expect(facts()).toMatchObject({ archives: 5, oldestAt: iso(START_MS), newest: { id: newest }, lastGood: { id: good } })
})

test('the calendar counts by the days it is given', async () => {
  using catalog = new TestCatalog()
  const times = ['2026-03-28T22:30:00Z', '2026-03-28T23:30:00Z', '2026-03-29T21:59:00Z', '2026-03-29T22:00:00Z']
  const ids: ArchiveId[] = []
  for (const [n, time] of times.entries()) {
    ids.push(
      await catalog.take(
        { f: `${n}` },
        { createdAtMs: Date.parse(time), marks: n === 1 ? [passed(2), mark('hold', { until: null })] : [] },
      ),
    )
  }
  // Of Berlin, where 29 March 2026 has 23 hours.
  const starts = [
    '2026-03-27T23:00:00Z',
    '2026-03-28T23:00:00Z',
    '2026-03-29T22:00:00Z',
    '2026-03-30T22:00:00Z',
    '2026-03-31T22:00:00Z',
  ].map(Date.parse)
  const spans = starts.slice(1).map((toMs, n) => ({ date: `2026-03-${28 + n}`, fromMs: starts[n]!, toMs }))
  expect(listArchivedDays(catalog.db, catalog.workspaceId, spans, NOW_MS)).toEqual([
    { date: '2026-03-28', archives: 1, newestId: ids[0], bestGrade: null, suspect: false, held: false, safety: false },
    { date: '2026-03-29', archives: 2, newestId: ids[2], bestGrade: 2, suspect: false, held: true, safety: false },
    { date: '2026-03-30', archives: 1, newestId: ids[3], bestGrade: null, suspect: false, held: false, safety: false },
  ])
  applyMarks(catalog.db, ids[3]!, [passed(3, { expiresAt: iso(NOW_MS) }), passed(1, { passed: false })])
  expect(listArchivedDays(catalog.db, catalog.workspaceId, spans, NOW_MS).at(-1)!.bestGrade).toBe(0)
  expect(listArchivedDays(catalog.db, catalog.workspaceId, [], NOW_MS)).toEqual([])
})

test('of each day one archive that lacks nothing is enough to know that the day can be restored', async () => {
  using catalog = new TestCatalog()
  const lame = [
    {
      key: 's',
      label: 'State file',
      importance: 'critical',
      kind: 'missing',
      archiveName: null,
      sourcePath: null,
      files: 0,
      contentBytes: 0,
    },
  ] as const
  const at = (n: number, hour: number) => ({ createdAtMs: START_MS + n * DAY_MS + hour * 3_600_000 })
  await catalog.take({ f: '0' }, { ...at(0, 0), items: [...lame] })
  const whole = await catalog.take({ f: '1' }, at(0, 1))
  await catalog.take({ f: '2' }, at(0, 2))
  const without = await catalog.take({ f: '3' }, { ...at(1, 0), items: [...lame] })
  const suspect = await catalog.take({ f: '4' }, { ...at(1, 1), marks: [mark('suspect', { findings: [] })] })
  const spans = [0, 1, 2].map((n) => ({ date: String(n), fromMs: START_MS + n * DAY_MS, toMs: START_MS + (n + 1) * DAY_MS }))
  expect(listRestorable(catalog.db, catalog.workspaceId, spans).map(({ archiveId, lacks }) => [archiveId, ...lacks])).toEqual([
    [whole],
    [without, 'State file'],
    [suspect],
  ])
})

test('storage sums what is visible, and the growth curve runs from old to new', async () => {
  using catalog = new TestCatalog()
  await catalog.take({ f: 'abc' }, { ...day(0), storedBytes: 5 })
  await catalog.take({ f: 'abcdef' }, { ...day(1), storedBytes: 7 })
  await catalog.take({ f: '' }, { ...day(2), storedBytes: 1000, marks: [mark('forget')] })
  expect(getArchivedStorage(catalog.db, catalog.workspaceId)).toEqual({ archives: 2, contentBytes: 9, storedBytes: 12 })
  expect(getArchivedStorage(catalog.db, null)).toEqual({ archives: 2, contentBytes: 9, storedBytes: 12 })
  const lost = await catalog.take({ f: 'x' }, { ...day(3), storedBytes: 1 })
  applyMarks(catalog.db, lost, [mark('forget')])
  applyMarks(catalog.db, lost, [mark('forget'), mark('unforget')])
  expect(getArchivedStorage(catalog.db, null)).toEqual({ archives: 3, contentBytes: 10, storedBytes: 13 })
  await pruneArchives(catalog.db, [lost])
  expect(getArchivedStorage(catalog.db, null)).toEqual({ archives: 2, contentBytes: 9, storedBytes: 12 })
  expect(listGrowth(catalog.db, catalog.workspaceId, START_MS + 1)).toEqual([
    { createdAtMs: START_MS + DAY_MS, contentBytes: 6, storedBytes: 7 },
  ])
})

test('a prune gives the file system back what the archives that are gone took', async () => {
  using catalog = new TestCatalog()
  const many = Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`folder/file-${n}`, String(n)]))
  await catalog.take({ state: '1' })
  const large = await catalog.take({ state: '2', ...many })
  await catalog.take({ state: '3' })
  const pages = () => catalog.db.pragma('page_count', { simple: true }) as number
  const before = pages()
  await pruneArchives(catalog.db, [large])
  expect(pages()).toBeLessThan(before * 0.8)
  expect(catalog.db.pragma('freelist_count', { simple: true })).toBeLessThan(pages() * 0.06)
})

test('an archive is found with its repository, series and the number before it', async () => {
  using catalog = new TestCatalog()
  await catalog.take({ f: '0' })
  const id = await catalog.take({ f: '1' })
  expect(findArchive(catalog.db, id)).toMatchObject({
    number: 2,
    previous: 1,
    seriesId: catalog.mainSeries,
    workspaceId: catalog.workspaceId,
    repository: catalog.repository,
  })
  expect(newestOfSeries(catalog.db, catalog.mainSeries)!.id).toBe(id)
  expect(newestOfSeries(catalog.db, 'ser_none')).toBeNull()
  expect(listKnownArchives(catalog.db, catalog.repository.id).size).toBe(2)
})

test('the trash is paged by what was forgotten last, and searched by the beginning of an id', async () => {
  using catalog = new TestCatalog()
  const ids: string[] = []
  for (const n of [0, 1, 2, 3]) ids.push(await catalog.take({ f: String(n) }, { ...day(n), marks: [mark('forget')] }))
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page: ReturnType<typeof listTrash> = listTrash(catalog.db, { limit: 3, cursor }, NOW_MS)
    seen.push(...page.rows.map(({ summary }) => summary.id))
    cursor = page.nextCursor
  } while (cursor !== null)
  expect(seen).toEqual(ids.toReversed())
  expect(listTrash(catalog.db, { prefix: ids[1]!.slice(0, -1) }, NOW_MS).rows.map(({ summary }) => summary.id)).toContain(ids[1])
  expect(listTrash(catalog.db, { prefix: 'arc_%' }, NOW_MS).rows).toEqual([])
  expect(() => listTrash(catalog.db, { cursor: 'x' }, NOW_MS)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
})

test('each level names the newest archive proven at it, by which check, and counts those that are', async () => {
  using catalog = new TestCatalog()
  const checked = (level: number, more: Record<string, unknown> = {}) => passed(level, { at: iso(START_MS + level), ...more })
  const drilled = await catalog.take({ f: '0' }, { ...day(0), marks: [checked(1), checked(2), checked(3), checked(4), checked(5)] })
  const content = await catalog.take({ f: '1' }, { ...day(1), marks: [checked(1), checked(2), checked(3, { expiresAt: iso(NOW_MS + 5) })] })
  const bytes = await catalog.take({ f: '2' }, { ...day(2), marks: [checked(1, { durationMs: 77 }), checked(2, { passed: false })] })
  await catalog.take({ f: '3' }, { ...day(3), marks: [checked(5, { expiresAt: iso(NOW_MS - 1) })] })
  await catalog.take({ f: '4' }, { ...day(4), marks: [checked(2), mark('suspect', { findings: [] })] })
  await catalog.take({ f: '5' }, { ...day(5), ...safety(), marks: [checked(4)] })
  const levels = listProvenLevels(catalog.db, catalog.workspaceId, NOW_MS)
  expect(levels.map(({ level, archives, newest }) => [level, archives, newest?.id])).toEqual([
    [5, 1, drilled],
    [4, 1, drilled],
    [3, 2, content],
    [2, 2, content],
    [1, 3, bytes],
  ])
  expect(levels[2]!.newest).toMatchObject({ checkedAt: iso(START_MS + 3), expiresAt: iso(NOW_MS + 5) })
  expect(levels[4]!.newest).toMatchObject({ checkedAt: iso(START_MS + 1), durationMs: 77, expiresAt: null })
  // A level that was not checked by itself is proven by the next higher one.
  const alone = await catalog.take({ f: '6' }, { ...day(6), marks: [checked(3)] })
  expect(listProvenLevels(catalog.db, catalog.workspaceId, NOW_MS)[4]!.newest).toMatchObject({ id: alone, checkedAt: iso(START_MS + 3) })
  expect(listProvenLevels(catalog.db, newWorkspaceId(), NOW_MS).map(({ archives, newest }) => [archives, newest])).toEqual(
    Array.from({ length: 5 }, () => [0, null]),
  )
})
