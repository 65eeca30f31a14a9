import type { ExtraItem, PathMap } from '#lib/contracts/workspace.ts'
import { readConfig } from '#lib/engine/workspace/read-config.ts'
import { resolveItems } from '#lib/engine/workspace/resolve-items.ts'
import type { Resolution } from '#lib/engine/workspace/resolved-item.ts'
import type { ServiceContext } from '../context.ts'

export interface ResolvableWorkspace {
  root: string
  configPath: string
  maps: PathMap[]
  extraItems: ExtraItem[]
  repositoryPath: string
}

/** What a workspace's config means on this host right now; the config is read afresh each time. */
export function resolveNow(ctx: ServiceContext, workspace: ResolvableWorkspace): Resolution {
  return resolveItems({
    root: workspace.root,
    configPath: workspace.configPath,
    config: readConfig(workspace.configPath),
    maps: workspace.maps,
    extraItems: workspace.extraItems,
    stateFileOverride: ctx.orchestratorEnv.stateFile ?? null,
    repositoryPath: workspace.repositoryPath,
    homePath: ctx.paths.home,
  })
}
