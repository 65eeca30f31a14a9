import { insertWorkspace, listWorkspaces } from '#db/console/tables/workspaces.ts'
import type { JobId } from '#lib/base/ids.ts'
import type { JobEvent } from '#lib/contracts/job.ts'
import type { Manifest } from '#lib/engine/repository/manifest.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { type JobWork, runAsJob } from '../jobs/run-as-job.ts'
import { withRepository } from '../repository/open-repository.ts'
import { type Rebuilt, rebuildCatalog } from './rebuild-catalog.ts'

export interface RebuildAsJobInput {
  jobId: JobId | null
  command: string
  signal: AbortSignal
  onEvent?: (event: JobEvent) => void
}

/** Makes the catalog again, and registers workspaces that only the repository still knows. */
export function rebuild(ctx: ServiceContext, input: RebuildAsJobInput): Promise<JobWork<Rebuilt & { workspaces: number }>> {
  requireRight(ctx, 'settings')
  const job = { kind: 'rebuild' as const, title: 'Rebuild the catalog', workspace: null, input: {} }
  return runAsJob(ctx, { ...job, ...input }, (reporter) =>
    withRepository(ctx.paths.repository, async (repository) => {
      const rebuilt = await rebuildCatalog({
        repositories: [repository],
        catalogPath: ctx.paths.catalogDb,
        signal: input.signal,
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
      const workspaces = await registerLost(ctx, repository)
      record(ctx, 'catalog.rebuild', { kind: 'catalog', id: null }, { archives: rebuilt.archives, workspaces })
      return {
        outcome: rebuilt.findings.length > 0 ? 'warning' : 'success',
        findings: rebuilt.findings,
        result: { ...rebuilt, workspaces },
      }
    }),
  )
}

/** Workspaces that are in the repository but not registered here, as their newest archive describes them. */
async function registerLost(ctx: ServiceContext, repository: Repository): Promise<number> {
  const known = new Set<string>(listWorkspaces(ctx.consoleDb).map(({ id }) => id))
  const newest = new Map<string, Manifest>()
  for (const id of await repository.listArchives()) {
    const manifest = await repository.readManifest(id).catch(() => null)
    if (manifest?.kind !== 'backup' || known.has(manifest.workspaceId)) continue
    if (manifest.createdAt > (newest.get(manifest.workspaceId)?.createdAt ?? '')) newest.set(manifest.workspaceId, manifest)
  }
  for (const manifest of newest.values()) {
    insertWorkspace(ctx.consoleDb, {
      id: manifest.workspaceId,
      name: manifest.workspaceName,
      root: manifest.root,
      configPath: manifest.configPath,
      maps: manifest.maps,
      extraItems: manifest.extraItems,
      schedule: null,
      timeZone: 'UTC',
      createdAt: manifest.createdAt,
      seriesId: manifest.series,
      repositoryPath: repository.storage.location,
    })
  }
  return newest.size
}
