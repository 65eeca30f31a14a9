import { listKnownArchives } from '#db/catalog/queries/find-archive.ts'
import { isAppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { Finding } from '#lib/contracts/common.ts'
import { type AbsorbContext, absorbArchive } from './absorb-archive.ts'

/** What was missing and is there now; each finding names an archive that could not be taken in. */
export interface CaughtUp {
  absorbed: ArchiveId[]
  findings: Finding[]
}

/**
 * Takes in every archive that the repository lists and the catalog does not have: what a crash between the two, or another
 * host, left behind. Costs one listing of a folder when there is none.
 */
export async function absorbMissing(ctx: AbsorbContext): Promise<CaughtUp> {
  const known = listKnownArchives(ctx.catalogDb, ctx.repository.id)
  const result: CaughtUp = { absorbed: [], findings: [] }
  const attempt = async <T>(id: ArchiveId, work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work()
    } catch (error) {
      if (!isAppError(error) || error.code === 'cancelled') throw error
      result.findings.push({ severity: 'error', code: error.code, path: id, message: error.message })
      return null
    }
  }
  const missing: { id: ArchiveId; createdAt: string }[] = []
  for (const id of new Set([...(await ctx.repository.listArchives()), ...(await ctx.repository.listTrashed())])) {
    if (known.has(id)) continue
    const manifest = await attempt(id, () => ctx.repository.readManifest(id))
    if (manifest) missing.push({ id, createdAt: manifest.createdAt })
  }
  for (const { id } of missing.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1))) {
    const done = await attempt(id, () => absorbArchive(ctx, id))
    if (done) result.absorbed.push(id)
  }
  return result
}
