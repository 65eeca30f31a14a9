import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listKnownArchives } from '#db/catalog/queries/find-archive.ts'
import { isAppError } from '#lib/base/errors.ts'
import { type ArchiveId, isArchiveId } from '#lib/base/ids.ts'
import type { ServiceContext } from '../context.ts'
import { knownRepositories } from '../repository/known-repositories.ts'

/** A reader does not wait longer than this for another process that is changing the catalog. */
const WAIT_MS = 5000

/**
 * Takes in archives that were published but not absorbed, because their process died in between or the catalog was locked. Costs one folder
 * listing when there is nothing to do. Returns how many were taken in. What cannot be taken in now is left for the next time: a reading verb
 * still shows what the catalog has. For job processes.
 */
export async function catchUpCatalog(ctx: ServiceContext): Promise<number> {
  let caughtUp = 0
  for (const path of knownRepositories(ctx)) {
    const missing = missingFrom(ctx, path)
    if (missing.length > 0) caughtUp += await absorbAll(ctx, path, missing)
  }
  return caughtUp
}

function missingFrom(ctx: ServiceContext, path: string): ArchiveId[] {
  const listed = listManifests(path)
  if (listed.length === 0) return []
  const known = new Set(listKnownArchives(ctx.catalogDb(), repositoryId(path)))
  return listed.filter((id) => !known.has(id))
}

function listManifests(path: string): ArchiveId[] {
  try {
    return readdirSync(join(path, 'manifests')).flatMap((name) => {
      const id = name.replace(/\.mft\.zst$/, '')
      return isArchiveId(id) ? [id] : []
    })
  } catch {
    // Not mounted, or nothing in it yet.
    return []
  }
}

/** Only to ask the catalog; a head that is damaged fits no row, and whoever opens the repository says so. */
function repositoryId(path: string): string {
  try {
    return /"id":\s*"([^"]+)"/.exec(readFileSync(join(path, 'repository.json'), 'utf8'))?.[1] ?? ''
  } catch {
    return ''
  }
}

async function absorbAll(ctx: ServiceContext, path: string, missing: readonly ArchiveId[]): Promise<number> {
  // Loaded only here: most runs have nothing to take in.
  const { withRepository } = await import('../repository/open-repository.ts')
  const { absorbArchive } = await import('../catalog/absorb-archive.ts')
  let absorbed = 0
  try {
    await withRepository(path, (repository) =>
      ctx.withCatalog(async (catalogDb) => {
        for (const id of missing) {
          const { isNew } = await absorbArchive({ repository, catalogDb, waitMs: WAIT_MS }, id)
          if (isNew) absorbed++
        }
      }),
    )
  } catch (error) {
    if (!isAppError(error)) throw error
  }
  return absorbed
}
