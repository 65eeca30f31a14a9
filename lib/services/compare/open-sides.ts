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
    return withRepository(ctx, placeOf(ctx, archiveId), async (repository) => {
      const archive = await sideOf(repository, archiveId)
      const workspace = requireWorkspace(ctx.consoleDb, archive.manifest.workspaceId)
      const live: LiveSide = { kind: 'live', id: 'live', workspace, resolution: await resolveNow(ctx, workspace) }
      return a === 'live' ? work(live, archive) : work(archive, live)
    })
  }
  const [placeOfA, placeOfB] = [placeOf(ctx, a), placeOf(ctx, b)]
  return withRepository(ctx, placeOfA, async (repository) => {
    const before = await sideOf(repository, a)
    // Of one repository: what was found in it for one side is known for the other.
    if (placeOfB === placeOfA) return work(before, await sideOf(repository, b))
    return withRepository(ctx, placeOfB, async (other) => work(before, await sideOf(other, b)))
  })
}

const placeOf = (ctx: ServiceContext, id: ArchiveId) => requireArchive(ctx.catalogDb(), id).repository.location

const sideOf = async (repository: Repository, id: ArchiveId): Promise<ArchiveSide> => ({
  kind: 'archive',
  id,
  repository,
  manifest: await repository.readManifest(id),
})
