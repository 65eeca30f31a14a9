/**
 * The change-over to a migrated repository. Order: what came since is taken along and proven, under the lease of both → the old repository says that it was
 * replaced, so that no writer that waits goes on in it → stat caches → catalog → workspaces and settings, in one transaction. Interrupted anywhere, the next run
 * ends it: until the last step the home works with the old repository, whose archives are all in the new one.
 */
import { join } from 'node:path'
import { pruneArchives } from '#db/catalog/prune-archives.ts'
import { listKnownArchives } from '#db/catalog/queries/find-archive.ts'
import { renameRepository } from '#db/catalog/tables/repositories.ts'
import { getSetting, putSetting } from '#db/console/tables/settings.ts'
import { listWorkspaces, updateWorkspace } from '#db/console/tables/workspaces.ts'
import { inTransaction } from '#db/handle.ts'
import { isAppError } from '#lib/base/errors.ts'
import type { MovedReplica, ReplacedRepository } from '#lib/contracts/migration.ts'
import { keepStampsAlone } from '#lib/engine/backup/stat-cache.ts'
import { removeNotes } from '#lib/engine/migrate/migration-note.ts'
import { acquireLease, type Lease } from '#lib/engine/repository/lease.ts'
import { noteReplaced, replacedBy } from '#lib/engine/repository/replaced.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { recordDone } from '../audit/record.ts'
import type { ServiceContext } from '../context.ts'
import type { JobReporter } from '../jobs/run-as-job.ts'
import { moveReplicas, planMoves } from '../replicas/move-on.ts'
import { chooseDefaultRepository, defaultRepository } from './known-repositories.ts'

const SETTING = 'repository.replaced'

export interface SwitchInput {
  source: Repository
  target: Repository
  from: string
  to: string
  waitMs: number
  signal: AbortSignal
  reporter: JobReporter
  /** Replicas stay at their places, and need others by hand. */
  areReplicasLeft: boolean
  /** Takes along what came since, and proves it; throws when it does not hold. */
  catchUp: () => Promise<void>
}

/** Repositories that others took the place of, the newest first; as far as this home remembers. */
export function replacedRepositories(ctx: ServiceContext): ReplacedRepository[] {
  const known = getSetting(ctx.consoleDb, SETTING)
  return Array.isArray(known) ? (known as ReplacedRepository[]) : []
}

/** Makes the new repository the one that workspaces use; gives their names, and what became of their replicas. */
export async function switchRepository(
  ctx: ServiceContext,
  input: SwitchInput,
): Promise<{ workspaces: string[]; replicas: MovedReplica[] }> {
  const { source, target, from, to, signal, reporter } = input
  const at = new Date(ctx.clock.nowMs()).toISOString()
  const users = () => listWorkspaces(ctx.consoleDb).filter(({ repositoryPath }) => repositoryPath === from)
  // Before the lease: trying places takes as long as networks take.
  const moves = await planMoves(ctx, new Set(users().map(({ id }) => id)), { from: source.id, to: target.id }, input.areReplicasLeft)
  const lease = await leaseOf(ctx, input)
  try {
    await input.catchUp()
    signal.throwIfAborted()
    await lease?.assertHeld()
    await noteReplaced(source.objects, { by: target.id, path: to, at })
    const moved = users()
    for (const { id } of moved) keepStampsAlone(join(ctx.paths.statCache, `${id}.bin`))
    await rebaseCatalog(ctx, source, target, to)
    const isDefault = defaultRepository(ctx) === from
    const replicas = inTransaction(ctx.consoleDb, () => {
      for (const { id } of moved) updateWorkspace(ctx.consoleDb, id, { repositoryPath: to }, at)
      if (isDefault) chooseDefaultRepository(ctx, to)
      const replaced: ReplacedRepository = { path: from, id: source.id, by: to, at }
      putSetting(ctx.consoleDb, SETTING, [replaced, ...replacedRepositories(ctx).filter(({ path }) => path !== from)], at)
      return moveReplicas(ctx, moves, at)
    })
    const workspaces = moved.map(({ name }) => name)
    recordDone(ctx, reporter, 'repository.switch', { kind: 'repository', id: target.id }, { from, fromId: source.id, to, workspaces })
    await removeNotes(target)
    return { workspaces, replicas }
  } finally {
    await lease?.release()
  }
}

/** The old repository's lease; null where it says already that it was replaced, and nobody writes any more. */
async function leaseOf(ctx: ServiceContext, { source, waitMs, signal, reporter }: SwitchInput): Promise<Lease | null> {
  if ((await replacedBy(source.objects)) !== null) return null
  return await acquireLease(source.storage, {
    purpose: 'migration',
    since: new Date(ctx.clock.realNowMs()).toISOString(),
    monotonicMs: () => ctx.clock.monotonicMs(),
    waitMs,
    signal,
    onWait: (holder) =>
      reporter.progress({ phase: 'waiting', filesDone: 0, filesTotal: null, bytesDone: 0, bytesTotal: null, currentPath: holder }),
  })
}

/** Archives have the same ids, entries and marks in both, so the catalog's rows hold; those of archives that were left out go. */
async function rebaseCatalog(ctx: ServiceContext, source: Repository, target: Repository, to: string): Promise<void> {
  if (!hasCatalog(ctx)) return
  const there = new Set([...(await target.listArchives()), ...(await target.listTrashed())])
  await ctx.withCatalog(async (catalogDb) => {
    const gone = [...listKnownArchives(catalogDb, source.id).keys()].filter((id) => !there.has(id))
    if (gone.length > 0) await pruneArchives(catalogDb, gone)
    renameRepository(catalogDb, source.id, { id: target.id, location: to })
  })
}

/** One that is lost is made again from the new repository, as from any. */
function hasCatalog(ctx: ServiceContext): boolean {
  try {
    ctx.catalogDb()
    return true
  } catch (error) {
    if (isAppError(error) && error.code === 'catalog_missing') return false
    throw error
  }
}
