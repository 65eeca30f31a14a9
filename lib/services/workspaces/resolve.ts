import { isAppError } from '#lib/base/errors.ts'
import type { ExtraItem, PathMap } from '#lib/contracts/workspace.ts'
import type { ArchiveReader } from '#lib/engine/repository/repository.ts'
import { findEntry } from '#lib/engine/restore/chosen-paths.ts'
import { readJsonObject } from '#lib/engine/verify/read-content.ts'
import { CONFIG_ITEM_KEY } from '#lib/engine/workspace/item-keys.ts'
import { MAX_CONFIG_BYTES, readConfig } from '#lib/engine/workspace/read-config.ts'
import { type ResolveInput, resolveItems } from '#lib/engine/workspace/resolve-items.ts'
import type { Resolution } from '#lib/engine/workspace/resolved-item.ts'
import type { ServiceContext } from '../context.ts'
import { mapsInForce, mapsOrProblem } from './host-maps.ts'

export interface ResolvableWorkspace {
  id: string
  name: string
  root: string
  configPath: string
  maps: PathMap[]
  extraItems: ExtraItem[]
  repositoryPath: string
}

/**
 * What a workspace's config means on this host right now; config and host file are read afresh each time. A host file that cannot be used is
 * one of its problems.
 */
export async function resolveNow(ctx: ServiceContext, workspace: ResolvableWorkspace): Promise<Resolution> {
  const { maps, problems } = await mapsOrProblem(ctx, workspace)
  const resolution = resolveWith(ctx, { ...workspace, maps }, readConfig(workspace.configPath))
  return { ...resolution, problems: [...problems, ...resolution.problems] }
}

/**
 * The same for a restore in place. A config that is gone or torn is what such a restore may be for: then the one in the archive says where
 * items go, and a problem says that it did. A host file that cannot be used is thrown: without its maps items could go to the wrong place.
 */
export async function resolveForRestore(ctx: ServiceContext, workspace: ResolvableWorkspace, reader: ArchiveReader): Promise<Resolution> {
  const mapped = { ...workspace, maps: await mapsInForce(ctx, workspace) }
  try {
    return resolveWith(ctx, mapped, readConfig(workspace.configPath))
  } catch (error) {
    if (!isAppError(error) || (error.code !== 'config_missing' && error.code !== 'config_invalid')) throw error
    const json = await archivedConfig(reader)
    if (json === null) throw error
    const resolution = resolveWith(ctx, mapped, { json, lines: new Map(), findings: [] })
    const message = `${error.message} Items go where the config in the archive says.`
    return {
      ...resolution,
      problems: [{ severity: 'warning', code: error.code, path: workspace.configPath, message }, ...resolution.problems],
    }
  }
}

function resolveWith(ctx: ServiceContext, workspace: ResolvableWorkspace, config: ResolveInput['config']): Resolution {
  return resolveItems({
    root: workspace.root,
    configPath: workspace.configPath,
    config,
    maps: workspace.maps,
    extraItems: workspace.extraItems,
    stateFileOverride: ctx.orchestratorEnv.stateFile ?? null,
    repositoryPath: workspace.repositoryPath,
    homePath: ctx.paths.home,
  })
}

/** The config as the archive holds it; null when it holds none that can be read. */
async function archivedConfig(reader: ArchiveReader): Promise<Record<string, unknown> | null> {
  const name = reader.manifest.items.find(({ key }) => key === CONFIG_ITEM_KEY)?.archiveName
  const entry = name ? await findEntry(reader, name) : null
  if (entry?.type !== 'file') return null
  try {
    return await readJsonObject(reader, entry, MAX_CONFIG_BYTES)
  } catch {
    return null
  }
}
