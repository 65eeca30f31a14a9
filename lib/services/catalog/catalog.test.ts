import { mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { getArchive } from '#db/catalog/queries/get-archive.ts'
import { listVersions } from '#db/catalog/queries/history.ts'
import { listArchives } from '#db/catalog/queries/list-archives.ts'
import { getFolderTotals } from '#db/catalog/queries/list-folder.ts'
import { listTree } from '#db/catalog/queries/list-tree.ts'
import { openCatalog, type WritableDb } from '#db/open-database.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { Manifest } from '#lib/engine/repository/manifest.ts'
import { manifestName } from '#lib/engine/repository/manifest.ts'
import { openRepository, type Repository } from '#lib/engine/repository/repository.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import { answers } from '#test/builders/catalog-answers.ts'
import { absorbArchive, absorbMarks } from './absorb-archive.ts'
import { absorbMissing } from './absorb-missing.ts'
import { type RebuildProgress, rebuildCatalog } from './rebuild-catalog.ts'

interface Bench extends BackedUpWorkspace {
  catalogPath: string
  catalogDb: WritableDb
  write(files: Record<string, string | null>): void
  /** Takes an archive and absorbs it. */
  take(kind?: Manifest['kind']): Promise<Manifest>
}

async function bench(): Promise<Bench> {
  const workspace = await makeBackedUpWorkspace()
  const catalogPath = join(workspace.folder, 'db', 'catalog.db')
  const { db: catalogDb, close } = openCatalog(catalogPath)
  onTestFinished(() => {
    close()
    rmSync(workspace.folder, { recursive: true, force: true })
  })
  for (const folder of ['docs', 'logs', 'knowledge-packs/deep']) mkdirSync(join(workspace.root, folder), { recursive: true })
  const write = (files: Record<string, string | null>) => {
    for (const [path, text] of Object.entries(files)) {
      if (text === null) rmSync(join(workspace.root, path))
      else writeFileSync(join(workspace.root, path), text)
    }
  }
  write({ 'orchestrator_state.json': '{"taskHistory":[]}', 'logs/run-1.jsonl': '{}\n', 'knowledge-packs/deep/pack-1.json': '{}' })
  const take = async (kind?: Manifest['kind']) => {
    const manifest = await workspace.backUp(kind)
    await absorbArchive({ repository: workspace.repository, catalogDb }, manifest.id)
    return manifest
  }
  return { ...workspace, catalogPath, catalogDb, write, take }
}

const damage = (b: Bench, name: string) => truncateSync(join(b.repositoryPath, name), 20)
const mark = { at: '2026-05-01T00:00:00.000Z', actor: 'Ada' }

test('the catalog lists of each archive what its manifest has, with the same totals', async () => {
  const b = await bench()
  const manifests = [await b.take()]
  b.write({ 'logs/run-2.jsonl': 'a\n', 'logs/run-1.jsonl': null, 'knowledge-packs/deep/pack-1.json': '{"a":1}' })
  manifests.push(await b.take())
  manifests.push(await b.take('safety'))
  for (const manifest of manifests) {
    const entries = []
    for await (const entry of b.repository.entriesOf(manifest)) entries.push(entry)
    const { rows } = listTree(b.catalogDb, { archiveId: manifest.id, limit: 10_000 })
    expect(rows.map((row) => [row.path, row.type, row.sha256])).toEqual(entries.map((entry) => [entry.path, entry.type, entry.sha256]))
    expect(getFolderTotals(b.catalogDb, manifest.id)).toEqual({ files: manifest.totals.files, bytes: manifest.totals.contentBytes })
  }
  expect(getArchive(b.catalogDb, manifests[1]!.id, 0).changes).toEqual({ added: 1, changed: 1, removed: 1 })
})

test('a catalog that is rebuilt gives equal answers to every query, holds and grades included', async () => {
  const b = await bench()
  const first = await b.take()
  for (let day = 2; day < 6; day++) {
    b.write({
      [`logs/run-${day}.jsonl`]: `${day}\n`,
      'orchestrator_state.json': `{"taskHistory":[${day}]}`,
      [`knowledge-packs/deep/pack-${day}.json`]: '{}',
    })
    if (day === 4) b.write({ 'logs/run-2.jsonl': null })
    await b.take(day === 3 ? 'safety' : 'backup')
  }
  const last = await b.take()
  await b.repository.addMark(first.id, { ...mark, kind: 'hold', reason: 'audit', until: null })
  await b.repository.addMark(first.id, { ...mark, kind: 'grade', level: 3, passed: true, durationMs: 1, expiresAt: null, findings: [] })
  await b.repository.addMark(last.id, { ...mark, kind: 'suspect', reason: 'shrunk', findings: [] })
  for (const { id } of [first, last]) expect(await absorbMarks(b, id)).toBe(true)
  const nowMs = Date.parse(last.createdAt) + 1000
  const before = answers(b.catalogDb, first.workspaceId, nowMs)
  expect(before.held.rows.map((row) => row.id)).toEqual([first.id])
  expect(before.facts.lastGood?.id).toBe(first.id)
  expect(before.suspect.rows.map((row) => row.id)).toEqual([last.id])

  const rebuilt = await rebuildCatalog({ repositories: [b.repository], catalogPath: b.catalogPath })
  expect(rebuilt).toMatchObject({ archives: 6, findings: [] })
  expect(answers(b.catalogDb, first.workspaceId, nowMs)).toEqual(before)

  for (const suffix of ['', '-wal', '-shm']) rmSync(b.catalogPath + suffix, { force: true })
  await rebuildCatalog({ repositories: [b.repository], catalogPath: b.catalogPath })
  const again = openCatalog(b.catalogPath, { readonly: true })
  expect(answers(again.db, first.workspaceId, nowMs)).toEqual(before)
  again.close()
})

test('a catalog that missed archives takes them in with the next one', async () => {
  const b = await bench()
  const missed = [await b.backUp()]
  b.write({ 'logs/run-2.jsonl': '2' })
  missed.push(await b.backUp())
  b.write({ 'logs/run-3.jsonl': '3' })
  const last = await b.take()
  const { rows } = listArchives(b.catalogDb, {}, 0)
  expect(rows.map((row) => row.id)).toEqual([last.id, missed[1]!.id, missed[0]!.id])
  expect(rows.map((row) => row.changes?.added ?? null)).toEqual([1, 1, null])
})

test('catching up takes in what the repository lists and the catalog lacks, and names what cannot be read', async () => {
  const b = await bench()
  const known = await b.take()
  const missed = [await b.backUp('safety'), await b.backUp()]
  const damaged = await b.backUp('safety')
  damage(b, manifestName(damaged.id))
  const caughtUp = await absorbMissing(b)
  expect(caughtUp.absorbed).toEqual(missed.map((manifest) => manifest.id))
  expect(caughtUp.findings).toMatchObject([{ path: damaged.id, code: 'repository_damaged' }])
  expect(listArchives(b.catalogDb, {}, 0).rows.map((row) => row.id)).toEqual([missed[1]!.id, missed[0]!.id, known.id])
  expect((await absorbMissing(b)).absorbed).toEqual([])
})

test('absorbing an archive again changes nothing but its marks', async () => {
  const b = await bench()
  const { id } = await b.take()
  await b.repository.addMark(id, { ...mark, kind: 'hold', reason: 'audit', until: null })
  expect(await absorbArchive(b, id)).toEqual({ archiveId: id, isNew: false, changes: null, rows: 0 })
  expect(getArchive(b.catalogDb, id, 0).hold).toMatchObject({ reason: 'audit' })
  expect(await absorbMarks(b, 'arc_000000000000000000000000')).toBe(false)
})

test('an archive whose predecessor cannot be read any more is compared with the catalog’s own rows', async () => {
  const b = await bench()
  const first = await b.take()
  b.write({ 'logs/run-1.jsonl': 'changed', 'logs/run-2.jsonl': 'new', 'knowledge-packs/deep/pack-1.json': null })
  const second = await b.backUp()
  rmSync(join(b.repositoryPath, manifestName(first.id)))
  const absorbed = await absorbArchive(b, second.id)
  expect(absorbed.changes).toEqual({ added: 1, changed: 1, removed: 1 })
  const entries = []
  for await (const entry of b.repository.entriesOf(second)) entries.push(entry.path)
  expect(listTree(b.catalogDb, { archiveId: second.id }).rows.map((row) => row.path)).toEqual(entries)
  expect(getFolderTotals(b.catalogDb, second.id).files).toBe(second.totals.files)
})

test('a manifest, a section or a mark that cannot be read is a finding of the rebuild; everything else is taken in', async () => {
  const b = await bench()
  const ids: ArchiveId[] = []
  for (let n = 1; n < 6; n++) {
    b.write({ [`logs/run-${n}.jsonl`]: `${n}` })
    ids.push((await b.take()).id)
  }
  const [, second, third, fourth, fifth] = ids
  damage(b, manifestName(second!))
  await b.repository.addMark(fourth!, { ...mark, kind: 'hold', reason: 'audit', until: null })
  damage(b, `marks/${fourth}/000001-hold.json`)
  const { findings, archives } = await rebuildCatalog({ repositories: [b.repository], catalogPath: b.catalogPath })
  expect(findings.map((finding) => [finding.path, finding.code])).toEqual(
    expect.arrayContaining([
      [second, 'repository_damaged'],
      [fourth, 'repository_damaged'],
    ]),
  )
  expect(findings).toHaveLength(2)
  expect(archives).toBe(4)
  expect(listTree(b.catalogDb, { archiveId: third! }).rows.map((row) => row.path)).toContain('logs/run-3.jsonl')
  expect(getArchive(b.catalogDb, third!, 0).changes).toEqual({ added: 2, changed: 0, removed: 0 })
  expect(getArchive(b.catalogDb, fifth!, 0).changes).toEqual({ added: 1, changed: 0, removed: 0 })
})

test('an archive whose sections are lost is a finding, and leaves no rows behind', async () => {
  const b = await bench()
  const first = await b.take()
  b.write({ 'logs/run-2.jsonl': '2' })
  const second = await b.take()
  const known = new Set(first.sections.map((section) => section.id))
  const lost = second.sections.find((section) => !known.has(section.id))!
  const pack = (await b.repository.index()).get(lost.id)!.pack
  renameSync(join(b.repositoryPath, pack), join(b.folder, 'lost.pack'))
  const repository = await openRepository(openLocalStorage(b.repositoryPath))
  const { findings, archives } = await rebuildCatalog({ repositories: [repository], catalogPath: b.catalogPath })
  expect(archives).toBe(1)
  expect(findings).toMatchObject([{ path: second.id, severity: 'error' }])
  expect(b.catalogDb.prepare('SELECT COUNT(*) FROM archives').pluck().get()).toBe(1)
  expect(b.catalogDb.prepare('SELECT COUNT(*) FROM entry_versions WHERE since = 2').pluck().get()).toBe(0)
})

test('what is published and marked while a rebuild runs is in the new catalog; the old one answers until then', async () => {
  const b = await bench()
  const first = await b.take()
  const reader = openCatalog(b.catalogPath, { readonly: true })
  const published: ArchiveId[] = []
  // Between the two looks that a rebuild takes at the repository, another process takes an archive and holds the first one.
  const busy: Repository = Object.create(b.repository, {
    listArchives: {
      value: async () => {
        const listed = await b.repository.listArchives()
        if (published.length > 0) return listed
        published.push((await b.backUp()).id)
        await b.repository.addMark(first.id, { ...mark, kind: 'hold', reason: 'audit', until: null })
        return listed
      },
    },
  })
  const phases: string[] = []
  const onProgress = ({ phase }: RebuildProgress) => {
    phases.push(phase)
    expect(listArchives(reader.db, {}, 0).rows.map((row) => row.id)).toEqual([first.id])
  }
  await rebuildCatalog({ repositories: [busy], catalogPath: b.catalogPath, onProgress })
  expect(listArchives(reader.db, {}, 0).rows.map((row) => row.id)).toEqual([published[0], first.id])
  expect(getArchive(reader.db, first.id, 0).hold).toMatchObject({ reason: 'audit' })
  expect([...new Set(phases)]).toEqual(['reading manifests', 'absorbing', 'replacing'])
  reader.close()
})

test('an empty repository makes an empty catalog, and a cancelled rebuild leaves the old one', async () => {
  const b = await bench()
  expect(await rebuildCatalog({ repositories: [b.repository], catalogPath: b.catalogPath })).toEqual({ archives: 0, rows: 0, findings: [] })
  await b.take()
  const abort = new AbortController()
  const stopped = rebuildCatalog({
    repositories: [b.repository],
    catalogPath: b.catalogPath,
    signal: abort.signal,
    onProgress: () => abort.abort(new Error('stop')),
  })
  await expect(stopped).rejects.toThrow('stop')
  expect(listArchives(b.catalogDb, {}, 0).rows).toHaveLength(1)
})

test('archives of a second series of the same workspace are their own timeline', async () => {
  const b = await bench()
  const main = await b.take()
  b.write({ 'logs/run-9.jsonl': '9' })
  const safety = await b.take('safety')
  expect(safety.series).not.toBe(main.series)
  expect(getArchive(b.catalogDb, safety.id, 0)).toMatchObject({ changes: null, seriesNumber: 1, previousId: main.id })
  expect(listVersions(b.catalogDb, main.workspaceId, 'orchestrator_state.json')[0]!.archives.map((archive) => archive.id)).toEqual([
    safety.id,
    main.id,
  ])
})
