import { type ItemGrowthPoint, listItemGrowth } from '#db/catalog/queries/item-growth.ts'
import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { isAppError } from '#lib/base/errors.ts'
import type { AreaRole, DiskArea, DiskReport, FileSystem } from '#lib/contracts/disk.ts'
import type { Finding } from '#lib/engine/finding.ts'
import { measureArea } from '#lib/engine/offload/measure-area.ts'
import { type OffloadRule, offloadRuleOf } from '#lib/engine/workspace/item-keys.ts'
import type { ResolvedItem } from '#lib/engine/workspace/resolved-item.ts'
import type { WalkItem } from '#lib/engine/workspace/walk.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { withRepository } from '../repository/open-repository.ts'
import { repositoryStats } from '../repository/repository-stats.ts'
import { resolveNow } from '../workspaces/resolve.ts'
import { fileSystemOf, type SeenFileSystem } from './file-system.ts'
import { floorOf } from './free-floor.ts'
import { daysUntilFull, GROWTH_DAYS, type Growth, growthOf } from './growth.ts'
import { interruptedOffloads } from './interrupted-offloads.ts'

/** The repository among the areas of a report. */
const REPOSITORY = 'repository'
const DAY_MS = 86_400_000

/** What takes space where, how fast it grows and when it is full. Walks; for job processes. */
export async function reportDisk(ctx: ServiceContext, workspace: WorkspaceRecord, signal?: AbortSignal): Promise<DiskReport> {
  requireRight(ctx, 'list')
  const resolution = await resolveNow(ctx, workspace)
  const growth = growthOf(growthPoints(ctx, workspace))
  const systems = new Map<string, SeenFileSystem>()
  const problems: Finding[] = [...resolution.problems.filter(({ severity }) => severity !== 'info'), ...interruptedOffloads(ctx, workspace)]
  const deviceOf = (path: string | Buffer) => {
    const seen = fileSystemOf(path)
    if (seen) systems.set(seen.device, seen)
    return seen?.device ?? null
  }
  const areas = [repositoryArea(workspace.repositoryPath, deviceOf, growth, problems, signal)]
  for (const item of resolution.items) areas.push(itemArea(item, deviceOf, growth, problems, signal))
  return {
    workspaceId: workspace.id,
    workspace: workspace.name,
    readAt: new Date(ctx.clock.realNowMs()).toISOString(),
    fileSystems: [...systems.values()].map((system) => withForecast(system, areas)).sort(byFullness),
    areas,
    saving: await savingOf(ctx, workspace.repositoryPath),
    floor: floorOf(ctx, workspace.repositoryPath),
    growth: { method: growth.method, fromAt: isoOrNull(growth.fromMs), toAt: isoOrNull(growth.toMs), archives: growth.archives },
    problems,
  }
}

/** What deduplication and compression save, from the indexes of the packs; null where they cannot be read. */
async function savingOf(ctx: ServiceContext, repositoryPath: string): Promise<DiskReport['saving']> {
  const { archives, contentBytes } = repositoryStats(ctx, repositoryPath)
  try {
    const { rawBytes, storedBytes } = await withRepository(ctx, repositoryPath, async (repository) => (await repository.index()).totals())
    return { archives, contentBytes, uniqueBytes: rawBytes, storedBytes }
  } catch (error) {
    if (isAppError(error)) return null
    throw error
  }
}

function growthPoints(ctx: ServiceContext, { id }: WorkspaceRecord): ItemGrowthPoint[] {
  const toMs = ctx.clock.nowMs()
  try {
    return listItemGrowth(ctx.catalogDb(), id, { fromMs: toMs - GROWTH_DAYS * DAY_MS, toMs })
  } catch (error) {
    if (isAppError(error) && error.code === 'catalog_missing') return []
    throw error
  }
}

type DeviceOf = (path: string | Buffer) => string | null

function repositoryArea(path: string, deviceOf: DeviceOf, growth: Growth, problems: Finding[], signal?: AbortSignal): DiskArea {
  const folder: WalkItem = { key: REPOSITORY, kind: 'folder', archiveName: REPOSITORY, rawPath: Buffer.from(path), exclude: [] }
  return {
    key: REPOSITORY,
    label: 'Archives',
    role: 'repository',
    importance: null,
    path,
    device: deviceOf(path),
    ...measured(folder, problems, signal),
    growthPerDayBytes: growth.repositoryPerDay,
  }
}

const ROLES: Record<OffloadRule, AreaRole> = { 'by-age': 'logs', 'keep-recent': 'packs' }

function itemArea(item: ResolvedItem, deviceOf: DeviceOf, growth: Growth, problems: Finding[], signal?: AbortSignal): DiskArea {
  const rule = offloadRuleOf(item.key)
  return {
    key: item.key,
    label: item.label,
    role: rule === null ? 'other' : ROLES[rule],
    importance: item.importance,
    path: item.path,
    device: item.exists && item.rawPath !== null ? deviceOf(item.rawPath) : null,
    ...measured(item, problems, signal),
    growthPerDayBytes: growth.perDay.get(item.key) ?? null,
  }
}

function measured(item: WalkItem, problems: Finding[], signal?: AbortSignal): Pick<DiskArea, 'bytes' | 'files' | 'groups'> {
  if (item.kind !== 'file' && item.kind !== 'folder') return { bytes: null, files: null, groups: [] }
  const { problems: more, ...measure } = measureArea(item, signal)
  problems.push(...more)
  return measure
}

/** The growth of a file system is that of everything of ours on it; items that say nothing of theirs count as standing still; all unknown is unknown. */
function withForecast(system: SeenFileSystem, areas: readonly DiskArea[]): FileSystem {
  const own = areas.filter(({ device }) => device === system.device)
  const rates = own.map(({ growthPerDayBytes }) => growthPerDayBytes).filter((rate) => rate !== null)
  const growthPerDayBytes = rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0)
  return {
    ...system,
    areas: own.map(({ key }) => key),
    growthPerDayBytes,
    daysUntilFull: daysUntilFull(system.freeBytes, growthPerDayBytes),
  }
}

const freeShare = ({ freeBytes, totalBytes }: FileSystem) => (freeBytes === null || !totalBytes ? 1 : freeBytes / totalBytes)
const byFullness = (a: FileSystem, b: FileSystem) =>
  (a.daysUntilFull ?? Number.MAX_VALUE) - (b.daysUntilFull ?? Number.MAX_VALUE) || freeShare(a) - freeShare(b)

const isoOrNull = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())
