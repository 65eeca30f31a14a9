import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { insertWorkspace } from '#db/console/tables/workspaces.ts'
import { newSeriesId, newWorkspaceId } from '#lib/base/ids.ts'
import type { AddWorkspaceInput, WorkspaceDetail } from '#lib/contracts/workspace.ts'
import { openLocalStorage } from '#lib/engine/repository/local-storage.ts'
import { initRepository, openRepository } from '#lib/engine/repository/repository.ts'
import { discoverConfig } from '#lib/engine/workspace/discover-config.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { describeWorkspace } from './describe-workspace.ts'
import { resolveNow } from './resolve.ts'

/** New workspaces are backed up each night while the console runs. */
const DEFAULT_SCHEDULE = '0 2 * * *'

/** Registers a workspace; makes the repository on first use. Throws for a config that cannot be read or a repository inside an item. */
export async function addWorkspace(ctx: ServiceContext, input: AddWorkspaceInput): Promise<WorkspaceDetail> {
  requireRight(ctx, 'settings')
  const draft = await draftWorkspace(ctx, input)
  resolveNow(ctx, draft)
  if (!existsSync(join(draft.repositoryPath, 'repository.json'))) {
    ;(await initRepository(openLocalStorage(draft.repositoryPath, { create: true }), draft.createdAt)).close()
  } else (await openRepository(openLocalStorage(draft.repositoryPath))).close()
  await ctx.withCatalog(async () => {})
  const saved = insertWorkspace(ctx.consoleDb, draft)
  record(
    ctx,
    'workspace.add',
    { kind: 'workspace', id: saved.id, workspaceId: saved.id },
    { root: saved.root, configPath: saved.configPath },
  )
  return describeWorkspace(ctx, saved)
}

/** What `addWorkspace` would register, resolved, without registering it. */
export async function previewWorkspace(ctx: ServiceContext, input: AddWorkspaceInput): Promise<WorkspaceDetail> {
  requireRight(ctx, 'settings')
  return describeWorkspace(ctx, { ...(await draftWorkspace(ctx, input)), lastDueAt: null, updatedAt: '' })
}

async function draftWorkspace(ctx: ServiceContext, input: AddWorkspaceInput) {
  const root = resolve(input.root)
  const { configPath } = discoverConfig({
    root,
    ...(input.configPath ? { configPath: input.configPath } : {}),
    env: { ORCHESTRATOR_CONFIG: ctx.orchestratorEnv.config },
  })
  return {
    id: newWorkspaceId(),
    name: input.name ?? (basename(root) || dirname(configPath)),
    root,
    configPath,
    maps: input.maps ?? [],
    extraItems: input.extraItems ?? [],
    schedule: DEFAULT_SCHEDULE,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    createdAt: new Date(ctx.clock.nowMs()).toISOString(),
    seriesId: newSeriesId(),
    repositoryPath: ctx.paths.repository,
  }
}
