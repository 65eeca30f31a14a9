/**
 * The change-over to a migrated repository. Order: what came since is taken along and proven, under the lease of both → the old repository says that it was
 * replaced, so that no writer that waits goes on in it → stat caches → catalog → workspaces and settings, in one transaction. Interrupted anywhere, the next run
 * ends it: until the last step the home works with the old repository, whose archives are all in the new one.
 */
import { join } from 'node:path'
import { pruneArchives } from '#db/catalog/prune-archives.ts'
import { listKnownArchives } from '#db/catalog/queries/find-archive.ts'
import { renameRepository } from '#db/catalog/tables/repositories.ts'
import { listReplicas } from '#db/console/tables/replicas.ts'
import { getSetting, putSetting } from '#db/console/tables/settings.ts'
import { listWorkspaces, updateWorkspace } from '#db/console/tables/workspaces.ts'
import { inTransaction } from '#db/handle.ts'
import { isAppError } from '#lib/base/errors.ts'
import type { Finding } from '#lib/contracts/common.ts'
import type { ReplacedRepository } from '#lib/contracts/migration.ts'
import { keepStampsAlone } from '#lib/engine/backup/stat-cache.ts'
import { removeNotes } from '#lib/engine/migrate/migration-note.ts'
import { acquireLease, type Lease } from '#lib/engine/repository/lease.ts'
import { noteReplaced, replacedBy } from '#lib/engine/repository/replaced.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { recordDone } from '../audit/record.ts'
import type { ServiceContext } from '../context.ts'
import type { JobReporter } from '../jobs/run-as-job.ts'
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
  /** Takes along what came since, and proves it; throws when it does not hold. */
  catchUp: () => Promise<void>
}

/** Repositories that others took the place of, the newest first; as far as this home remembers. */
export function replacedRepositories(ctx: ServiceContext): ReplacedRepository[] {
  const known = getSetting(ctx.consoleDb, SETTING)
  return Array.isArray(known) ? (known as ReplacedRepository[]) : []
}

/** Makes the new repository the one that workspaces use; gives their names, and what has to be done by people. */
export async function switchRepository(ctx: ServiceContext, input: SwitchInput): Promise<{ workspaces: string[]; findings: Finding[] }> {
  const { source, target, from, to, signal, reporter } = input
  const at = new Date(ctx.clock.nowMs()).toISOString()
  const lease = await leaseOf(ctx, input)
  try {
    await input.catchUp()
    signal.throwIfAborted()
    await lease?.assertHeld()
    await noteReplaced(source.objects, { by: target.id, path: to, at })
    const moved = listWorkspaces(ctx.consoleDb).filter(({ repositoryPath }) => repositoryPath === from)
    for (const { id } of moved) keepStampsAlone(join(ctx.paths.statCache, `${id}.bin`))
    await rebaseCatalog(ctx, source, target, to)
    const isDefault = defaultRepository(ctx) === from
    inTransaction(ctx.consoleDb, () => {
      for (const { id } of moved) updateWorkspace(ctx.consoleDb, id, { repositoryPath: to }, at)
      if (isDefault) chooseDefaultRepository(ctx, to)
      const replaced: ReplacedRepository = { path: from, id: source.id, by: to, at }
      putSetting(ctx.consoleDb, SETTING, [replaced, ...replacedRepositories(ctx).filter(({ path }) => path !== from)], at)
    })
    const workspaces = moved.map(({ name }) => name)
    recordDone(ctx, reporter, 'repository.switch', { kind: 'repository', id: target.id }, { from, fromId: source.id, to, workspaces })
    await removeNotes(target)
    return { workspaces, findings: replicaFindings(ctx, new Set(moved.map(({ id }) => id))) }
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

/** A copy is of one repository: the next sync to the same place is refused. */
function replicaFindings(ctx: ServiceContext, moved: ReadonlySet<string>): Finding[] {
  return listReplicas(ctx.consoleDb, null)
    .filter(({ workspaceId }) => moved.has(workspaceId))
    .map(({ name }) => ({
      severity: 'warning',
      code: 'replica_of_replaced',
      path: name,
      message: `The replica ${name} holds copies of the old repository. Give it another folder or prefix, where the new one is copied; what lies at the old place stays there.`,
    }))
}
