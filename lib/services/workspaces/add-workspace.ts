import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { insertWorkspace, listWorkspaces } from '#db/console/tables/workspaces.ts'
import { newSeriesId, newWorkspaceId } from '#lib/base/ids.ts'
import type { AddWorkspaceInput, WorkspaceDetail } from '#lib/contracts/workspace.ts'
import type { Manifest } from '#lib/engine/repository/manifest.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { discoverConfig } from '#lib/engine/workspace/discover-config.ts'
import { defaultName } from '#lib/engine/workspace/resolve-items.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { defaultRepository } from '../repository/known-repositories.ts'
import { openOrInit } from '../repository/open-or-init.ts'
import { DEFAULT_SCHEDULE } from './default-schedule.ts'
import { describeWorkspace } from './describe-workspace.ts'
import { resolveNow } from './resolve.ts'

/**
 * Registers a workspace; makes the repository on first use. One that was registered before, from this host, takes up its old timeline. Throws
 * for a config that cannot be read or a repository inside an item.
 */
export async function addWorkspace(ctx: ServiceContext, input: AddWorkspaceInput): Promise<WorkspaceDetail> {
  requireRight(ctx, 'settings')
  const draft = draftWorkspace(ctx, input)
  await resolveNow(ctx, draft)
  const repository = await openOrInit(ctx, draft.repositoryPath, draft.createdAt)
  try {
    const earlier = await earlierRegistration(ctx, repository, draft)
    if (earlier) Object.assign(draft, { id: earlier.workspaceId, seriesId: earlier.series })
  } finally {
    repository.close()
  }
  // The catalog is made now, so that from here on its absence means that it was lost.
  await ctx.withCatalog(async () => {})
  const saved = insertWorkspace(ctx.consoleDb, draft)
  const detail = { root: saved.root, configPath: saved.configPath }
  record(ctx, 'workspace.add', { kind: 'workspace', id: saved.id, workspaceId: saved.id }, detail)
  return describeWorkspace(ctx, saved)
}

/** What `addWorkspace` would register, resolved, without registering it. */
export async function previewWorkspace(ctx: ServiceContext, input: AddWorkspaceInput): Promise<WorkspaceDetail> {
  requireRight(ctx, 'settings')
  return describeWorkspace(ctx, { ...draftWorkspace(ctx, input), lastDueAt: null, updatedAt: '' })
}

function draftWorkspace(ctx: ServiceContext, input: AddWorkspaceInput) {
  const root = resolve(input.root)
  const { configPath } = discoverConfig({
    root,
    ...(input.configPath ? { configPath: input.configPath } : {}),
    env: { ORCHESTRATOR_CONFIG: ctx.orchestratorEnv.config },
  })
  return {
    id: newWorkspaceId(),
    name: input.name ?? defaultName(root),
    root,
    configPath,
    maps: input.maps ?? [],
    extraItems: input.extraItems ?? [],
    schedule: DEFAULT_SCHEDULE,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    createdAt: new Date(ctx.clock.nowMs()).toISOString(),
    seriesId: newSeriesId(),
    repositoryPath: defaultRepository(ctx),
  }
}

/** The newest archive of the same root and config from this host whose workspace is not registered any more; null when there is none. */
async function earlierRegistration(
  ctx: ServiceContext,
  repository: Repository,
  draft: { root: string; configPath: string },
): Promise<Manifest | null> {
  const registered = new Set<string>(listWorkspaces(ctx.consoleDb).map(({ id }) => id))
  let newest: Manifest | null = null
  for (const id of await repository.listArchives()) {
    const manifest = await repository.readManifest(id).catch(() => null)
    if (manifest?.kind !== 'backup' || manifest.host !== hostname() || registered.has(manifest.workspaceId)) continue
    if (manifest.root !== draft.root || manifest.configPath !== draft.configPath) continue
    if (manifest.createdAt > (newest?.createdAt ?? '')) newest = manifest
  }
  return newest
}
