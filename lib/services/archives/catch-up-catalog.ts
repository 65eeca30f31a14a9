import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listKnownArchives } from '#db/catalog/queries/find-archive.ts'
import { isAppError } from '#lib/base/errors.ts'
import { type ArchiveId, isArchiveId } from '#lib/base/ids.ts'
import type { ServiceContext } from '../context.ts'
import { knownRepositories } from '../repository/known-repositories.ts'

/** A reader does not wait longer than this for another process that is changing the catalog. */
const WAIT_MS = 5000

/** What the catalog of one repository missed. */
interface Missed {
  published: ArchiveId[]
  /** Forgotten, or taken back. */
  moved: ArchiveId[]
  /** In the catalog's trash and nowhere else: a prune took them. */
  pruned: ArchiveId[]
}

/**
 * Makes good what the catalog missed, because a process or the machine died in between, or because the catalog was locked: archives that were published,
 * forgotten, taken back or pruned. Costs two folder listings when there is nothing to do. Returns how many archives it was about. What cannot be made good
 * now is left for the next time: a reading verb still shows what the catalog has. For job processes.
 */
export async function catchUpCatalog(ctx: ServiceContext): Promise<number> {
  let caughtUp = 0
  for (const path of knownRepositories(ctx)) {
    const missed = missedOf(ctx, path)
    if (missed.published.length + missed.moved.length + missed.pruned.length > 0) caughtUp += await makeGood(ctx, path, missed)
  }
  return caughtUp
}

function missedOf(ctx: ServiceContext, path: string): Missed {
  const known = listKnownArchives(ctx.catalogDb(), repositoryId(path))
  const listed = listManifests(join(path, 'manifests'))
  // Not mounted, or nothing in it yet: that says nothing about what the catalog knows.
  if (listed.size === 0) return { published: [], moved: [], pruned: [] }
  const trashed = listManifests(join(path, 'trash/manifests'))
  const ids = [...known.keys()]
  const isForgotten = (id: ArchiveId) => known.get(id)!.isForgotten
  return {
    published: [...listed].filter((id) => !known.has(id)),
    moved: ids.filter((id) => (isForgotten(id) ? listed.has(id) : trashed.has(id) && !listed.has(id))),
    pruned: ids.filter((id) => isForgotten(id) && !listed.has(id) && !trashed.has(id)),
  }
}

function listManifests(folder: string): Set<ArchiveId> {
  try {
    return new Set(
      readdirSync(folder)
        .map((name) => name.replace(/\.mft\.zst$/, ''))
        .filter(isArchiveId),
    )
  } catch {
    return new Set()
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

async function makeGood(ctx: ServiceContext, path: string, { published, moved, pruned }: Missed): Promise<number> {
  // Loaded only here: most runs have nothing to make good.
  const { withRepository } = await import('../repository/open-repository.ts')
  const { absorbArchive, absorbMarks } = await import('../catalog/absorb-archive.ts')
  const { pruneArchives } = await import('#db/catalog/prune-archives.ts')
  let done = 0
  try {
    await withRepository(ctx, path, (repository) =>
      ctx.withCatalog(async (catalogDb) => {
        const absorbing = { repository, catalogDb, waitMs: WAIT_MS }
        for (const id of published) if ((await absorbArchive(absorbing, id)).isNew) done++
        for (const id of moved) if (await absorbMarks(absorbing, id)) done++
        await pruneArchives(catalogDb, pruned)
        done += pruned.length
      }),
    )
  } catch (error) {
    if (!isAppError(error)) throw error
  }
  return done
}
