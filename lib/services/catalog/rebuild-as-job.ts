import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { insertWorkspace, listWorkspaces } from '#db/console/tables/workspaces.ts'
import { isAppError, toAppError } from '#lib/base/errors.ts'
import { type JobId, newSeriesId } from '#lib/base/ids.ts'
import type { Finding } from '#lib/contracts/common.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import type { Manifest } from '#lib/engine/repository/manifest.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { record, recordDone } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { type JobReporter, type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { attachedPlaces, isAttached } from '../repository/attached-places.ts'
import { lostArchives } from '../repository/known-archives.ts'
import { isRepository, knownRepositories } from '../repository/known-repositories.ts'
import { openAt } from '../repository/open-repository.ts'
import { repositoryIdAt } from '../repository/repository-id.ts'
import { DEFAULT_SCHEDULE } from '../workspaces/default-schedule.ts'
import { type Rebuilt, rebuildCatalog } from './rebuild-catalog.ts'

export interface RebuildAsJobInput {
  jobId: JobId | null
  command: string
  signal: AbortSignal
  onEvent?: ((event: JobEvent) => void) | undefined
}

/** What a rebuild found, and how many workspaces it registered that only a repository knew. */
export type RebuiltAll = Rebuilt & { workspaces: number }

/** Makes the catalog again from every repository, and registers workspaces that only a repository still knows. */
export function rebuild(ctx: ServiceContext, input: RebuildAsJobInput): Promise<JobWork<RebuiltAll>> {
  requireRight(ctx, 'settings')
  const job = { kind: 'rebuild' as const, title: 'Rebuild the catalog', workspace: null, input: {} }
  return runAsJob(ctx, { ...job, ...input }, async (reporter) => {
    const result = await rebuildWithin(ctx, input.signal, reporter)
    const isWhole = result.findings.every(({ severity }) => severity === 'info')
    return { outcome: isWhole ? 'success' : 'warning', findings: result.findings, result }
  })
}

/** The rebuild itself, as a part of a job that is under way. */
export async function rebuildWithin(ctx: ServiceContext, signal: AbortSignal, reporter: JobReporter): Promise<RebuiltAll> {
  const { open, findings } = await openAll(ctx, readableRepositories(ctx))
  try {
    // Nobody remembers them once the catalog is made again.
    for (const repository of open) findings.push(...(await lostArchives(ctx, repository)))
    const rebuilt = await rebuildCatalog({
      repositories: open,
      catalogPath: ctx.paths.catalogDb,
      signal,
      onProgress: ({ phase, archivesDone, archivesTotal, currentArchive }) =>
        reporter.progress({
          phase,
          filesDone: archivesDone,
          filesTotal: archivesTotal,
          bytesDone: 0,
          bytesTotal: null,
          currentPath: currentArchive,
        }),
    })
    findings.push(...rebuilt.findings)
    let workspaces = 0
    for (const repository of open) workspaces += await registerLost(ctx, repository, findings)
    recordDone(ctx, reporter, 'catalog.rebuild', { kind: 'catalog', id: null }, { archives: rebuilt.archives, workspaces })
    return { ...rebuilt, findings, workspaces }
  } finally {
    for (const repository of open) repository.close()
  }
}

/** Repositories of this host, and places of which it has none: a replica of one's own is read only where somebody asks for it. */
function readableRepositories(ctx: ServiceContext): string[] {
  const own = knownRepositories(ctx)
  const ids = new Set(own.map(repositoryIdAt))
  const elsewhere = attachedPlaces(ctx).filter((place) => !ids.has(repositoryIdAt(place)))
  return [...own.filter((path) => elsewhere.length === 0 || isRepository(path)), ...elsewhere]
}

/** Repositories that can be opened; the others are findings, unless none can: a catalog of nothing must not take the place of one. */
async function openAll(ctx: ServiceContext, paths: readonly string[]): Promise<{ open: Repository[]; findings: Finding[] }> {
  const open: Repository[] = []
  const findings: Finding[] = []
  let first: unknown
  for (const path of paths) {
    try {
      open.push(await openAt(ctx, path))
    } catch (error) {
      if (!isAppError(error)) throw error
      first ??= error
      findings.push({ severity: 'warning', code: error.code, path, message: `${error.message} Its archives are not in the catalog now.` })
    }
  }
  if (open.length === 0) throw first ?? toAppError('There is no repository.')
  return { open, findings }
}

/** Workspaces that are in the repository but not registered here, as their newest archive describes them. Returns how many. */
async function registerLost(ctx: ServiceContext, repository: Repository, findings: Finding[]): Promise<number> {
  const known = new Set<string>(listWorkspaces(ctx.consoleDb).map(({ id }) => id))
  let registered = 0
  for (const manifest of await newestBackups(repository)) {
    if (known.has(manifest.workspaceId)) continue
    const { workspaceId: id, workspaceName: name, root, configPath, maps, extraItems, series: seriesId } = manifest
    const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone
    // What another host backed up is its own to schedule.
    const schedule = manifest.host === hostname() && existsSync(root) ? DEFAULT_SCHEDULE : null
    // Into what lies somewhere else nothing is written: backups begin a series of their own in a repository of this host.
    const isRead = isAttached(repository.storage.location)
    const own = isRead
      ? { seriesId: newSeriesId(), repositoryPath: ctx.paths.repository }
      : { seriesId, repositoryPath: repository.storage.location }
    const place = { ...own, schedule, timeZone }
    try {
      insertWorkspace(ctx.consoleDb, { id, name, root, configPath, maps, extraItems, createdAt: manifest.createdAt, ...place })
      record(ctx, 'workspace.recover', { kind: 'workspace', id, workspaceId: id }, { name, root })
      registered++
    } catch (error) {
      if (!isAppError(error) || error.code !== 'workspace_exists') throw error
      const message = `Archives of an earlier registration of ${name} (${id}) are in the catalog, but it is not registered again: ${error.message}`
      findings.push({ severity: 'info', code: 'workspace_exists', path: id, message })
    }
  }
  return registered
}

/** The newest archive of the main series of each workspace. */
async function newestBackups(repository: Repository): Promise<Manifest[]> {
  const newest = new Map<string, Manifest>()
  for (const id of await repository.listArchives()) {
    const manifest = await repository.readManifest(id).catch(() => null)
    if (manifest?.kind !== 'backup') continue
    if (manifest.createdAt > (newest.get(manifest.workspaceId)?.createdAt ?? '')) newest.set(manifest.workspaceId, manifest)
  }
  return [...newest.values()]
}
