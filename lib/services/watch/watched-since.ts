import { listWatchedFiles } from '#db/console/tables/watched-files.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { WatchedFile } from '#lib/contracts/overview.ts'
import type { ServiceContext } from '../context.ts'

/** What the watch knows of a file that a look has just found so: since when something is wrong, and when it was last fine. */
export function watchedSince(
  ctx: ServiceContext,
  workspaceId: WorkspaceId,
  itemKey: string,
  verdict: WatchedFile['verdict'],
): Pick<WatchedFile, 'since' | 'fineAt'> {
  const watched = listWatchedFiles(ctx.consoleDb, workspaceId).find((file) => file.itemKey === itemKey)
  return { since: verdict === 'fine' ? null : (watched?.since ?? null), fineAt: watched?.fineAt ?? null }
}
