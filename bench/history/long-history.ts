/**
 * A home whose catalog has a long history, made in minutes: a repository with real packs, sections, marks and manifests of a workspace whose million
 * files lie on no disk, taken in by `absorbArchive` one archive after the other, as backups do. Of 1,000 files 5 change between two archives: most in
 * a few folders, some here and there, and logs that are rotated, so that their folder has had many more names than it has.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { findWorkspace, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { type ArchiveId, newArchiveId, type WorkspaceId } from '#lib/base/ids.ts'
import type { Lease } from '#lib/engine/repository/lease.ts'
import type { Manifest, ManifestItem } from '#lib/engine/repository/manifest.ts'
import { openRepository, type Repository } from '#lib/engine/repository/repository.ts'
import type { SectionRef } from '#lib/engine/repository/section.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import { Container } from '#lib/runtime/container.ts'
import { readEnv } from '#lib/runtime/env.ts'
import { absorbArchive } from '#lib/services/catalog/absorb-archive.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { addWorkspace } from '#lib/services/workspaces/add-workspace.ts'
import { resolveNow } from '#lib/services/workspaces/resolve.ts'
import { MadeFiles } from './made-files.ts'
import { CONFIG_TEXT, MadeLines, stateText } from './made-lines.ts'

const DAY_MS = 86_400_000

/** How much history. */
export interface HistorySize {
  files: number
  archives: number
  /** Between two archives; a day when left out. */
  everyMs?: number
}

/** What was made, and how long the catalog's part took. */
export interface LongHistory {
  home: string
  workspaceId: WorkspaceId
  /** Oldest first. */
  archives: ArchiveId[]
  /** Of `absorbArchive`, an archive. */
  absorbMs: number[]
  /** The same as time of the processor. */
  absorbCpuMs: number[]
}

/** Makes home and workspace in an empty folder; the newest archive is of an hour ago. */
export async function makeLongHistory(folder: string, size: HistorySize, onArchive?: (done: number) => void): Promise<LongHistory> {
  const [root, home] = [join(folder, 'workspace'), join(folder, 'home')]
  for (const name of ['docs', 'logs', 'knowledge-packs']) mkdirSync(join(root, name), { recursive: true })
  writeFileSync(join(root, 'orchestrator_config.json'), CONFIG_TEXT)
  writeFileSync(join(root, 'orchestrator_state.json'), stateText(size.archives))
  const container = new Container(readEnv({ home }))
  try {
    const ctx = container.contextFor({ id: null, name: 'bench', role: 'admin', via: 'cli' })
    await addWorkspace(ctx, { root, name: 'million' })
    const workspace = findWorkspace(ctx.consoleDb, 'million')!
    const repository = await openRepository(openLocalStorage(workspace.repositoryPath))
    try {
      return await fill(ctx, workspace, repository, size, onArchive)
    } finally {
      repository.close()
    }
  } finally {
    container.close()
  }
}

async function fill(
  ctx: ServiceContext,
  workspace: WorkspaceRecord,
  repository: Repository,
  { files, archives, everyMs = DAY_MS }: HistorySize,
  onArchive?: (done: number) => void,
): Promise<LongHistory> {
  const lease = await repository.lock({ purpose: 'bench', since: new Date().toISOString(), monotonicMs: () => performance.now() })
  const history: LongHistory = { home: ctx.paths.home, workspaceId: workspace.id, archives: [], absorbMs: [], absorbCpuMs: [] }
  const [data, meta] = [await repository.packWriter('data'), await repository.packWriter('meta')]
  const lines = new MadeLines(files, new MadeFiles(data), meta)
  const items = await itemsOf(ctx, workspace)
  const newestMs = Date.now() - 3_600_000
  let storedBefore = 0
  for (let day = 0; day < archives; day++) {
    if (day === 0) lines.first()
    else lines.next(day)
    await data.finish()
    await meta.finish()
    const createdAtMs = newestMs - (archives - 1 - day) * everyMs
    const storedBytes = data.storedBytes + meta.storedBytes
    const counted = items.map((item) => ({ ...item, ...lines.perItem.get(item.archiveName!) }))
    const manifest = manifestOf(workspace, counted, {
      createdAtMs,
      number: day + 1,
      parentId: history.archives.at(-1) ?? null,
      totals: { ...lines.totals, storedBytes: storedBytes - storedBefore },
      sections: lines.sections,
    })
    storedBefore = storedBytes
    await publish(repository, manifest, lease, createdAtMs)
    const [startedMs, cpu] = [performance.now(), process.cpuUsage()]
    await ctx.withCatalog((catalogDb) => absorbArchive({ repository, catalogDb }, manifest.id))
    const { user, system } = process.cpuUsage(cpu)
    history.absorbMs.push(performance.now() - startedMs)
    history.absorbCpuMs.push((user + system) / 1000)
    history.archives.push(manifest.id)
    onArchive?.(day + 1)
  }
  await lease.release()
  return history
}

/** Every archive was found to match and to parse, one in fifty is held, and one in ninety is suspect. */
async function publish(repository: Repository, manifest: Manifest, lease: Lease, createdAtMs: number): Promise<void> {
  const at = new Date(createdAtMs + 60_000).toISOString()
  const expiresAt = new Date(createdAtMs + 30 * DAY_MS).toISOString()
  const actor = 'bench'
  const { id, seriesNumber } = manifest
  await repository.addMark(id, { kind: 'grade', at, actor, level: 3, passed: true, durationMs: 1200, expiresAt, findings: [] })
  if (seriesNumber % 50 === 0) await repository.addMark(id, { kind: 'hold', at, actor, reason: `Release ${seriesNumber}`, until: null })
  if (seriesNumber % 90 === 0) {
    await repository.addMark(id, { kind: 'suspect', at, actor, reason: 'The state shrank.', findings: [] })
    await repository.addMark(id, { kind: 'accept', at, actor, reason: 'Agents were retired.' })
  }
  await repository.publish(manifest, lease, [])
}

async function itemsOf(ctx: ServiceContext, workspace: WorkspaceRecord): Promise<ManifestItem[]> {
  const { items } = await resolveNow(ctx, workspace)
  return items
    .filter(({ archiveName }) => archiveName !== null && archiveName !== 'docs')
    .map(({ key, label, importance, kind, archiveName, path, configured }) => ({
      key,
      label,
      importance,
      kind,
      archiveName,
      sourcePath: path,
      configured,
      files: 0,
      contentBytes: 0,
    }))
}

function manifestOf(
  workspace: WorkspaceRecord,
  items: ManifestItem[],
  facts: { createdAtMs: number; number: number; parentId: ArchiveId | null; totals: Manifest['totals']; sections: SectionRef[] },
): Manifest {
  const { totals } = facts
  return {
    version: 1,
    id: newArchiveId(),
    workspaceId: workspace.id,
    workspaceName: workspace.name,
    root: workspace.root,
    configPath: workspace.configPath,
    series: workspace.seriesId,
    seriesNumber: facts.number,
    kind: 'backup',
    createdAt: new Date(facts.createdAtMs).toISOString(),
    durationMs: 4200,
    parentId: facts.parentId,
    note: null,
    actor: 'bench',
    host: hostname(),
    tool: 'bench',
    maps: workspace.maps,
    extraItems: workspace.extraItems,
    items,
    configPaths: {},
    baselines: {},
    findings: [],
    totals,
    sections: facts.sections,
  }
}
