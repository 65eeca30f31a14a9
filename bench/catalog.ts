/**
 * The catalog alone with a long history: `node bench/catalog.ts FOLDER [--rebuild]`, where FOLDER is what `bench/history/make.ts` made. Size, what the catalog's
 * part of a backup took when it was filled, and how long each question takes; with `--rebuild` the catalog is made again from the repository beside it. Writes
 * `bench/catalog.json` and `.md`.
 */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { listArchivedDays } from '#db/catalog/queries/calendar.ts'
import { listVersions, pageVersions } from '#db/catalog/queries/history.ts'
import { getWorkspaceFacts } from '#db/catalog/queries/last-good.ts'
import { listArchives } from '#db/catalog/queries/list-archives.ts'
import { listFolder } from '#db/catalog/queries/list-folder.ts'
import { listRestorable } from '#db/catalog/queries/list-restorable.ts'
import { listTrash } from '#db/catalog/queries/list-trash.ts'
import { listRetentionFacts } from '#db/catalog/queries/retention-facts.ts'
import { searchNames } from '#db/catalog/queries/search-names.ts'
import { openCatalog } from '#db/open-database.ts'
import { formatBytes, formatCount } from '#lib/base/units.ts'
import { deltaOf } from '#lib/engine/compare/entry-delta.ts'
import { openRepository } from '#lib/engine/repository/repository.ts'
import { ZonedCalendar } from '#lib/engine/retention/zone.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import { rebuildCatalog } from '#lib/services/catalog/rebuild-catalog.ts'
import type { LongHistory } from './history/long-history.ts'
import { INBOX_FILES, inboxFile, logFile, packFile, packFolder } from './history/made-lines.ts'
import { median } from './measure.ts'
import { describeMachine } from './report.ts'

const ROUNDS = 15
const { values, positionals } = parseArgs({ allowPositionals: true, options: { rebuild: { type: 'boolean', default: false } } })
const folder = positionals[0]
if (!folder) throw new Error('Name the folder that `bench/history/make.ts` filled.')
const made = JSON.parse(readFileSync(join(folder, 'history.json'), 'utf8')) as LongHistory
const path = join(folder, 'home/prisma-free-db/catalog.db')
openCatalog(path).close()
const { db, close } = openCatalog(path, { readonly: true })
const [newest, middle, oldest] = [made.archives.at(-1)!, made.archives[Math.floor(made.archives.length / 2)]!, made.archives[0]!]
const nowMs = Date.now()
const { workspaceId } = made
const files =
  listFolder(db, { archiveId: newest, path: 'knowledge-packs', limit: 2000 }).rows.filter(({ name }) => name.startsWith('batch-')).length *
  1000
const file = packFile(Math.floor(files / 2))
const days = ZonedCalendar.of('Europe/Berlin').daysBetween(nowMs - 372 * 86_400_000, nowMs)

const questions: Record<string, () => unknown> = {
  'page of 200 of a folder, newest archive': () => listFolder(db, { archiveId: newest, path: packFolder(Math.floor(files / 2000)) }),
  'page of 200 of a folder, oldest archive': () => listFolder(db, { archiveId: oldest, path: packFolder(Math.floor(files / 2000)) }),
  'page of 200 of the folder of folders': () => listFolder(db, { archiveId: newest, path: 'knowledge-packs' }),
  [`page of 200 of ${formatCount(INBOX_FILES)} in one folder`]: () => listFolder(db, { archiveId: middle, path: 'knowledge-packs/inbox' }),
  'page of 200 of the rotated folder, newest archive': () => listFolder(db, { archiveId: newest, path: 'logs' }),
  'page of 200 of the rotated folder, middle archive': () => listFolder(db, { archiveId: middle, path: 'logs' }),
  'search, common text, all archives': () => searchNames(db, { pattern: 'knowledge-pack', workspaceId }),
  'search, one file by its number, all archives': () => searchNames(db, { pattern: file.slice(-15, -5), workspaceId }),
  'search, one file, one archive': () => searchNames(db, { pattern: file.slice(-15, -5), archiveId: middle }),
  'search, text that nothing has': () => searchNames(db, { pattern: '1763998123', workspaceId }),
  'search, common text, absent from the archive': () => searchNames(db, { pattern: logFile(0).slice(5, 14), archiveId: newest }),
  'history of a file': () => pageVersions(db, { workspaceId, path: file, archiveId: newest }),
  'history of a file that never changed': () => pageVersions(db, { workspaceId, path: inboxFile(77) }),
  'history of a file that changes each time': () => pageVersions(db, { workspaceId, path: 'orchestrator_state.json' }),
  'the same with all archives of each version': () => listVersions(db, workspaceId, 'orchestrator_state.json'),
  'page of 100 archives': () => listArchives(db, { workspaceId, limit: 100 }, nowMs),
  'page of 100 held archives': () => listArchives(db, { workspaceId, limit: 100, held: true }, nowMs),
  'newest, oldest, known good, how many': () => getWorkspaceFacts(db, workspaceId, nowMs),
  'calendar of 372 days': () => listArchivedDays(db, workspaceId, days, nowMs),
  'days that can be restored, of 372': () => listRestorable(db, workspaceId, days),
  trash: () => listTrash(db, { workspaceId }, nowMs),
  'facts of a retention plan': () => listRetentionFacts(db, workspaceId, nowMs),
}

/** Wall time says what a person waits, time of the processor what it costs on a machine that does other things too. */
function measure(work: () => unknown): { firstMs: number; medianMs: number; cpuMs: number } {
  const times: number[] = []
  const cpu = process.cpuUsage()
  for (let round = 0; round < ROUNDS; round++) {
    const startedMs = performance.now()
    work()
    times.push(performance.now() - startedMs)
  }
  const { user, system } = process.cpuUsage(cpu)
  return { firstMs: times[0]!, medianMs: median(times), cpuMs: (user + system) / 1000 / ROUNDS }
}

const asked = Object.entries(questions).map(([question, work]) => ({ question, ...measure(work) }))
const result = {
  takenAt: new Date().toISOString(),
  machine: describeMachine(folder),
  files,
  archives: made.archives.length,
  catalogBytes: statSync(path).size,
  firstCpuMs: made.absorbCpuMs[0]!,
  laterCpuMs: median(made.absorbCpuMs.slice(1)),
  compare: await measureCompare(),
  rebuild: values.rebuild ? await measureRebuild() : null,
  asked,
}
close()
const text = report()
writeFileSync(join(import.meta.dirname, 'catalog.json'), `${JSON.stringify(result, null, 2)}\n`)
writeFileSync(join(import.meta.dirname, 'catalog.md'), text)
console.log(text)

/** Neighbours, and the two ends of the history. */
async function measureCompare(): Promise<{ what: string; changes: number; wallMs: number; cpuMs: number }[]> {
  const repository = await openRepository(openLocalStorage(join(folder!, 'home/repository')))
  try {
    const figures = []
    for (const [what, a, b] of [
      ['the newest two', made.archives.at(-2)!, newest],
      ['the newest two, again', made.archives.at(-2)!, newest],
      ['oldest and newest', oldest, newest],
    ] as const) {
      const [startedMs, cpu] = [performance.now(), process.cpuUsage()]
      let changes = 0
      for await (const _ of deltaOf(repository, await repository.readManifest(a), await repository.readManifest(b))) changes++
      const { user, system } = process.cpuUsage(cpu)
      figures.push({ what, changes, wallMs: performance.now() - startedMs, cpuMs: (user + system) / 1000 })
    }
    return figures
  } finally {
    repository.close()
  }
}

async function measureRebuild(): Promise<{ archives: number; wallMs: number; cpuMs: number; bytes: number }> {
  const repository = await openRepository(openLocalStorage(join(folder!, 'home/repository')))
  const again = join(folder!, 'rebuilt.db')
  try {
    const [startedMs, cpu] = [performance.now(), process.cpuUsage()]
    const { archives } = await rebuildCatalog({ repositories: [repository], catalogPath: again })
    const { user, system } = process.cpuUsage(cpu)
    return { archives, wallMs: performance.now() - startedMs, cpuMs: (user + system) / 1000, bytes: statSync(again).size }
  } finally {
    repository.close()
    for (const suffix of ['', '-wal', '-shm', '.writer', '.rebuild.writer']) if (existsSync(again + suffix)) rmSync(again + suffix)
  }
}

function report(): string {
  const rows = asked.map(
    ({ question, firstMs, medianMs, cpuMs }) => `| ${question} | ${firstMs.toFixed(1)} | ${medianMs.toFixed(1)} | ${cpuMs.toFixed(1)} |`,
  )
  const s = (ms: number) => `${(ms / 1000).toFixed(1)} s`
  const compare = result.compare.map(
    ({ what, changes, wallMs, cpuMs }) => `${what} ${formatCount(changes)} changes in ${s(wallMs)} (processor ${s(cpuMs)})`,
  )
  return `# The catalog with a long history

${result.takenAt.slice(0, 10)}, ${result.machine.cpu}, ${result.machine.cores} cores, Node ${result.machine.node}. ${formatCount(files)} files in folders of 1,000, ${formatCount(INBOX_FILES)} in one folder and 1,000 logs, ${result.archives} archives; 0.5 % changed between two.

- Size of \`catalog.db\`: ${formatBytes(result.catalogBytes)}.
- The catalog's part of a backup, time of the processor: first archive ${s(result.firstCpuMs)}, a later one ${s(result.laterCpuMs)}.
- Comparing: ${compare.join('; ')}.
${result.rebuild ? `- Making it again from ${result.rebuild.archives} manifests: ${s(result.rebuild.wallMs)} (processor ${s(result.rebuild.cpuMs)}), ${formatBytes(result.rebuild.bytes)}.\n` : ''}
| question | first ms | median ms | processor ms |
|---|---|---|---|
${rows.join('\n')}
`
}
