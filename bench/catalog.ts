/**
 * Figures of the catalog alone: `node bench/catalog.ts [files] [archives]` (100,000 and 30 unless given). Rows are made, not
 * backed up; 0.5 % of the files change a day, and one folder is rotated: 500 files new and the 500 oldest gone each day.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { applyArchive } from '#db/catalog/apply-archive.ts'
import type { DeltaRow, EntryRow } from '#db/catalog/entry-row.ts'
import { listVersions } from '#db/catalog/queries/history.ts'
import { listArchives } from '#db/catalog/queries/list-archives.ts'
import { listFolder } from '#db/catalog/queries/list-folder.ts'
import { searchNames } from '#db/catalog/queries/search-names.ts'
import { asCatalogWriter } from '#db/catalog/writer-lock.ts'
import { openCatalog } from '#db/open-database.ts'
import { newArchiveId, newRepositoryId, newSeriesId, newWorkspaceId } from '#lib/base/ids.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'

const [files = 100_000, archives = 30] = process.argv.slice(2).map(Number)
const FOLDER_FILES = 1000
const ROTATED = 500
const START_NS = 1_763_999_123_456_789_012n
const START_MS = Number(START_NS / 1_000_000n)

const folder = mkdtempSync(join(tmpdir(), 'orchive-bench-'))
const path = join(folder, 'catalog.db')
const { db, close } = openCatalog(path)
const common = { workspaceId: newWorkspaceId(), workspaceName: 'bench', series: newSeriesId(), kind: 'backup' as const }
const repository = { id: newRepositoryId(), location: '/repository' }
const ids: ReturnType<typeof newArchiveId>[] = []

const folderPath = (n: number) => `knowledge-packs/batch-${String(n).padStart(5, '0')}`
const filePath = (n: number) => `${folderPath(Math.floor(n / FOLDER_FILES))}/knowledge-pack-${START_MS + n * 977}.json`
const logPath = (n: number) => `logs/run-${String(n).padStart(8, '0')}.jsonl`
const versions = new Map<number, number>()

function entry(at: string, version: number, type: 'file' | 'dir' = 'file'): EntryRow {
  const isFile = type === 'file'
  const sha256 = isFile ? createHash('sha256').update(`${at}${version}`).digest('hex') : null
  const rest = { mode: isFile ? 0o644 : 0o755, uid: 1000, gid: 1000, linkTarget: null }
  return { path: at, type, sizeBytes: isFile ? 4096 + version : 0, mtimeNs: START_NS + BigInt(version), sha256, ...rest }
}

function* firstArchive(): Generator<DeltaRow> {
  const added = (at: string, type: 'file' | 'dir' = 'file') => ({ path: at, before: null, after: entry(at, 0, type) })
  yield added('knowledge-packs', 'dir')
  for (let n = 0; n < files; n++) {
    if (n % FOLDER_FILES === 0) yield added(folderPath(n / FOLDER_FILES), 'dir')
    yield added(filePath(n))
  }
  yield added('logs', 'dir')
  for (let n = 0; n < 2 * ROTATED; n++) yield added(logPath(n))
}

function* nextDay(day: number): Generator<DeltaRow> {
  const changed = new Set<number>()
  for (let k = 0; k < files / 200; k++) changed.add((k * 7919 + day * 104_729) % files)
  for (const n of [...changed].sort((a, b) => a - b)) {
    const version = versions.get(n) ?? 0
    versions.set(n, version + 1)
    yield { path: filePath(n), before: entry(filePath(n), version), after: entry(filePath(n), version + 1) }
  }
  for (let n = 0; n < ROTATED; n++) {
    const gone = logPath((day - 1) * ROTATED + n)
    yield { path: gone, before: entry(gone, 0), after: null }
  }
  for (let n = 0; n < ROTATED; n++) {
    const made = logPath((day + 1) * ROTATED + n)
    yield { path: made, before: null, after: entry(made, 0) }
  }
}

async function* streamOf(rows: Iterable<DeltaRow>): AsyncGenerator<DeltaRow> {
  yield* rows
}

async function take(day: number, rows: Iterable<DeltaRow>): Promise<number> {
  const id = newArchiveId()
  const archive = {
    ...common,
    id,
    seriesNumber: day + 1,
    createdAtMs: START_MS + day * 86_400_000,
    durationMs: 0,
    root: '/',
    configPath: '/c',
    note: null,
    files,
    entries: files,
    contentBytes: 0,
    storedBytes: 0,
    items: [],
    findings: [],
    configPaths: {},
  }
  const startedMs = performance.now()
  await asCatalogWriter(db, () => applyArchive(db, { repository, archive, marks: [], delta: streamOf(rows) }))
  ids.push(id)
  return performance.now() - startedMs
}

/** Wall time says what a person waits, CPU time what it costs on a machine that does other things too. */
function measure(what: string, work: () => unknown): void {
  const rounds = 15
  const times: number[] = []
  const cpu = process.cpuUsage()
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now()
    work()
    times.push(performance.now() - startedMs)
  }
  const { user, system } = process.cpuUsage(cpu)
  const figures = { first: times[0]!, median: times.toSorted((a, b) => a - b)[7]!, cpu: (user + system) / 1000 / rounds }
  const columns = Object.entries(figures).map(([name, ms]) => `${name} ${ms.toFixed(2).padStart(7)} ms`)
  console.log(`${what.padEnd(64)} ${columns.join('   ')}`)
}

const cpuSeconds = () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6

const cpuBefore = cpuSeconds()
const firstMs = await take(0, firstArchive())
console.log(
  `absorb the first archive, ${formatCount(files)} files: ${(firstMs / 1000).toFixed(2)} s, cpu ${(cpuSeconds() - cpuBefore).toFixed(2)} s`,
)
let laterMs = 0
for (let day = 1; day < archives; day++) laterMs += await take(day, nextDay(day))
console.log(`absorb ${archives - 1} more, 0.5 % changed each: ${(laterMs / Math.max(1, archives - 1)).toFixed(0)} ms each`)
db.pragma('wal_checkpoint(TRUNCATE)')
console.log(`catalog ${formatBytes(statSync(path).size)}, peak memory ${formatBytes(process.resourceUsage().maxRSS * 1024)}`)

const reader = openCatalog(path, { readonly: true })
const newest = ids.at(-1)!
const middle = ids[Math.floor(ids.length / 2)]!
const inMiddle = folderPath(Math.floor(files / FOLDER_FILES / 2))
const lastFile = filePath(Math.floor(files / 2))
measure('page of 200 of a folder, newest archive', () => listFolder(reader.db, { archiveId: newest, path: inMiddle }))
measure('page of 200 of a folder, oldest archive', () => listFolder(reader.db, { archiveId: ids[0]!, path: inMiddle }))
measure('page of 200 of the folder of folders', () => listFolder(reader.db, { archiveId: newest, path: 'knowledge-packs' }))
measure(`first page of the rotated folder (${formatCount(archives * ROTATED)} names ever), newest`, () =>
  listFolder(reader.db, { archiveId: newest, path: 'logs' }),
)
measure('first page of the rotated folder, middle archive', () => listFolder(reader.db, { archiveId: middle, path: 'logs' }))
measure('search, common text, all archives', () => searchNames(reader.db, { pattern: 'knowledge-pack' }))
measure('search, one file by its number, all archives', () => searchNames(reader.db, { pattern: lastFile.slice(-15, -5) }))
measure('search, one file, one archive', () => searchNames(reader.db, { pattern: lastFile.slice(-15, -5), archiveId: middle }))
measure('search, text that nothing has', () => searchNames(reader.db, { pattern: '1763998123' }))
measure('search, common text, absent from the archive', () =>
  searchNames(reader.db, { pattern: logPath(0).slice(5, 14), archiveId: newest }),
)
measure('history of a file', () => listVersions(reader.db, common.workspaceId, lastFile))
measure('page of 50 archives', () => listArchives(reader.db, { workspaceId: common.workspaceId }, START_MS))
reader.close()
close()
rmSync(folder, { recursive: true, force: true })
