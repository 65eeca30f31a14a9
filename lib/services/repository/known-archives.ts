import { listKnownArchives } from '#db/catalog/queries/find-archive.ts'
import { isAppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { formatCount } from '#lib/base/units.ts'
import type { Finding } from '#lib/engine/finding.ts'
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

/** What the repository has lost of what the catalog expects of it, as one finding: what is not there, nothing else can find wrong. Empty when all is there. */
export async function lostArchives(ctx: ServiceContext, repository: Repository): Promise<Finding[]> {
  const expected = expectedArchives(ctx, repository)
  const there = new Set([...(await repository.listArchives()), ...(await repository.listTrashed())])
  const lost = expected.filter((id) => !there.has(id))
  if (lost.length === 0) return []
  const which = lost.length === 1 ? `${lost[0]} was` : `${formatCount(lost.length)} archives, ${lost[0]} first, were`
  const message = `${which} in the catalog, and the repository at ${repository.storage.location} has no manifest of ${lost.length === 1 ? 'it' : 'them'} any more.`
  return [{ severity: 'error', code: 'archive_lost', path: lost[0]!, message }]
}
