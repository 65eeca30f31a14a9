import { basename } from 'node:path'
import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { newestTrusted, readSeriesHistory } from '#lib/engine/backup/series-history.ts'
import { assessState, type StateSight } from '#lib/engine/recover/assess-state.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { STATE_KEY } from '#lib/engine/workspace/item-keys.ts'
import type { Resolution, ResolvedItem } from '#lib/engine/workspace/resolved-item.ts'
import type { ServiceContext } from '../context.ts'

/** The item that the config names as the state; null when it names none that archives could hold. */
export function stateItemOf(resolution: Pick<Resolution, 'items'>): ResolvedItem | null {
  const item = resolution.items.find(({ key }) => key === STATE_KEY)
  if (!item || item.path === null || item.rawPath === null) return null
  // One that was deleted has no name now; archives hold it under its own.
  const archiveName = item.kind === 'missing' ? basename(item.path) : item.archiveName
  return archiveName === null ? null : { ...item, archiveName }
}

/** The live state as a backup would judge it: against the newest archive that could be trusted. */
export async function lookAtState(
  ctx: ServiceContext,
  repository: Repository,
  workspace: WorkspaceRecord,
  item: ResolvedItem,
  signal?: AbortSignal,
): Promise<StateSight> {
  const { newest } = await readSeriesHistory(repository, workspace.seriesId, {})
  const trusted = await newestTrusted(repository, newest)
  const before = trusted?.baselines[item.key] ?? null
  return assessState({ rawPath: item.rawPath!, path: item.archiveName!, before, clock: ctx.clock, signal })
}
