import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { getWorkspace } from '#db/console/tables/workspaces.ts'
import type { ArchiveId, WorkspaceId } from '#lib/base/ids.ts'
import { formatMoment } from '#lib/base/moment-text.ts'
import type { ServiceContext } from '../context.ts'

/** The workspace an archive is of; null when it is not registered any more. */
export function workspaceOfArchive(ctx: ServiceContext, archiveId: ArchiveId): { id: WorkspaceId; name: string } | null {
  const workspace = getWorkspace(ctx.consoleDb, requireArchive(ctx.catalogDb(), archiveId).workspaceId)
  return workspace && { id: workspace.id, name: workspace.name }
}

/** When an archive was taken: how people name it. */
export function momentOf(ctx: ServiceContext, archiveId: ArchiveId): string {
  return formatMoment(requireArchive(ctx.catalogDb(), archiveId).createdAtMs, ctx.clock.nowMs())
}
