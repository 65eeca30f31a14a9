import { listKnownArchives } from '#db/catalog/queries/find-archive.ts'
import { isAppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import type { ServiceContext } from '../context.ts'

/** Archives of a repository that the catalog knows, and whether as forgotten; none where there is no catalog to ask. */
export function knownArchives(ctx: ServiceContext, repository: Repository): Map<ArchiveId, { isForgotten: boolean }> {
  try {
    return listKnownArchives(ctx.catalogDb(), repository.id)
  } catch (error) {
    if (isAppError(error) && error.code.startsWith('catalog_')) return new Map()
    throw error
  }
}

/** Those of them that nobody forgot, so that the repository has to have them. */
export const expectedArchives = (ctx: ServiceContext, repository: Repository): ArchiveId[] =>
  [...knownArchives(ctx, repository)].flatMap(([id, { isForgotten }]) => (isForgotten ? [] : [id]))
