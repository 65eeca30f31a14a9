import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { requireWorkspace, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { SideId } from '#lib/contracts/compare.ts'
import type { Manifest } from '#lib/engine/repository/manifest.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import type { Resolution } from '#lib/engine/workspace/resolved-item.ts'
import type { ServiceContext } from '../context.ts'
import { withRepository } from '../repository/open-repository.ts'
import { resolveNow } from '../workspaces/resolve.ts'

export interface ArchiveSide {
  kind: 'archive'
  id: ArchiveId
  repository: Repository
  manifest: Manifest
}

export interface LiveSide {
  kind: 'live'
  id: 'live'
  workspace: WorkspaceRecord
  resolution: Resolution
}

export type Side = ArchiveSide | LiveSide

/** Opens what is to be compared, for the time of `work`. `live` is the workspace of the other side. */
export function withSides<T>(ctx: ServiceContext, ids: { a: SideId; b: SideId }, work: (a: Side, b: Side) => Promise<T>): Promise<T> {
  const { a, b } = ids
  if (a === 'live' && b === 'live') {
    throw new AppError('usage', { message: 'Both sides are the live workspace.', hint: 'Name an archive for one of them.' })
  }
  if (a === 'live' || b === 'live') {
    const archiveId = (a === 'live' ? b : a) as ArchiveId
    return withArchive(ctx, archiveId, async (archive) => {
      const workspace = requireWorkspace(ctx.consoleDb, archive.manifest.workspaceId)
      const live: LiveSide = { kind: 'live', id: 'live', workspace, resolution: await resolveNow(ctx, workspace) }
      return a === 'live' ? work(live, archive) : work(archive, live)
    })
  }
  return withArchive(ctx, a, (before) => withArchive(ctx, b, (after) => work(before, after)))
}

function withArchive<T>(ctx: ServiceContext, id: ArchiveId, work: (side: ArchiveSide) => Promise<T>): Promise<T> {
  const { repository } = requireArchive(ctx.catalogDb(), id)
  return withRepository(ctx, repository.location, async (open) =>
    work({ kind: 'archive', id, repository: open, manifest: await open.readManifest(id) }),
  )
}
