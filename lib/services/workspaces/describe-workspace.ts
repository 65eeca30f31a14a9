import { getConfigPaths } from '#db/catalog/queries/get-archive.ts'
import { getWorkspaceFacts } from '#db/catalog/queries/last-good.ts'
import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { isAppError, toAppError } from '#lib/base/errors.ts'
import type { Workspace, WorkspaceDetail } from '#lib/contracts/workspace.ts'
import { diffConfigPaths } from '#lib/engine/workspace/config-changes.ts'
import { measureItems } from '#lib/engine/workspace/measure-items.ts'
import type { ResolvedItem } from '#lib/engine/workspace/resolved-item.ts'
import type { ServiceContext } from '../context.ts'
import { resolveNow } from './resolve.ts'
import { describeRuntime } from './show-runtime.ts'

/** A workspace as it is registered, without what only the console keeps. */
export function workspaceOf(record: WorkspaceRecord): Workspace {
  const { id, name, root, configPath, maps, extraItems, schedule, timeZone, createdAt } = record
  return { id, name, root, configPath, maps, extraItems, schedule, timeZone, createdAt }
}

/** A workspace with its items measured; a config that cannot be read becomes a problem, so that the page still opens. */
export async function describeWorkspace(ctx: ServiceContext, record: WorkspaceRecord, limitMs?: number): Promise<WorkspaceDetail> {
  const base = { ...workspaceOf(record), runtime: await describeRuntime(ctx, record) }
  try {
    const resolution = await resolveNow(ctx, record)
    return {
      ...base,
      items: measureItems(resolution.items, limitMs === undefined ? {} : { limitMs }).map(itemOf),
      offers: resolution.offers,
      suggestedMaps: resolution.suggestedMaps,
      problems: resolution.problems,
      configChanges: diffConfigPaths(lastConfigPaths(ctx, record) ?? resolution.configPaths, resolution.configPaths),
    }
  } catch (error) {
    const failure = toAppError(error)
    if (failure.code === 'internal') throw error
    return {
      ...base,
      items: [],
      offers: [],
      suggestedMaps: [],
      problems: [{ severity: 'error', code: failure.code, path: record.configPath, message: `${failure.message} ${failure.hint}`.trim() }],
      configChanges: [],
    }
  }
}

/** Without what only the engine needs. */
export function itemOf(item: ResolvedItem): WorkspaceDetail['items'][number] {
  const { key, label, importance, kind, configured, path, archiveName, exists, sizeBytes, files, problems } = item
  return { key, label, importance, kind, configured, path, archiveName, exists, sizeBytes, files, problems }
}

function lastConfigPaths(ctx: ServiceContext, record: WorkspaceRecord): Record<string, string> | null {
  try {
    const { newest } = getWorkspaceFacts(ctx.catalogDb(), record.id, ctx.clock.nowMs())
    return newest ? getConfigPaths(ctx.catalogDb(), newest.id) : null
  } catch (error) {
    if (isAppError(error) && error.code.startsWith('catalog_')) return null
    throw error
  }
}
