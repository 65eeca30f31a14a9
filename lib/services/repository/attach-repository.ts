import { listWorkspaces, updateWorkspace } from '#db/console/tables/workspaces.ts'
import { inTransaction } from '#db/handle.ts'
import { commandText } from '#lib/base/command-text.ts'
import { AppError, isAppError } from '#lib/base/errors.ts'
import { newSeriesId } from '#lib/base/ids.ts'
import { sourceOf } from '#lib/engine/migrate/migration-note.ts'
import { assertNotReplaced } from '#lib/engine/repository/replaced.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import { type RebuildAsJobInput, type RebuiltAll, rebuild } from '../catalog/rebuild-as-job.ts'
import type { ServiceContext } from '../context.ts'
import type { JobWork } from '../jobs/run-as-job.ts'
import { isAttached } from './attached-places.ts'
import { chooseDefaultRepository, knownRepositories } from './known-repositories.ts'
import { withRepository } from './open-repository.ts'
import { repositoryIdAt } from './repository-id.ts'

/**
 * Takes over a repository that exists: workspaces whose repository it is (moved, or copied from another host) write into it from now on, the
 * ones only it knows are registered, and the catalog takes in its archives.
 */
export async function attachRepository(ctx: ServiceContext, path: string, input: RebuildAsJobInput): Promise<JobWork<RebuiltAll>> {
  await takeOverRepository(ctx, path)
  return rebuild(ctx, input)
}

/** The same without making the catalog again, which has to follow. */
export async function takeOverRepository(ctx: ServiceContext, path: string): Promise<void> {
  requireRight(ctx, 'settings')
  await withRepository(ctx, path, async (repository) => {
    const isRead = isAttached(path)
    await assertInForce(ctx, repository, path)
    if (isRead) refuseTwin(ctx, repository)
    const moved = await followers(ctx, repository, path)
    const at = new Date(ctx.clock.nowMs()).toISOString()
    inTransaction(ctx.consoleDb, () => {
      // Into what lies somewhere else nothing is written: backups begin a series of their own in a repository of this host.
      const own = isRead ? { repositoryPath: ctx.paths.repository } : { repositoryPath: path }
      for (const { id } of moved) updateWorkspace(ctx.consoleDb, id, isRead ? { ...own, seriesId: newSeriesId() } : own, at)
      chooseDefaultRepository(ctx, own.repositoryPath)
      record(
        ctx,
        'repository.attach',
        { kind: 'repository', id: repository.id },
        { path, isRead, workspaces: moved.map(({ name }) => name) },
      )
    })
  })
}

/** Neither one that another took the place of, nor one that is still being filled. */
async function assertInForce(ctx: ServiceContext, { objects }: Repository, path: string): Promise<void> {
  await assertNotReplaced(objects)
  const source = await sourceOf(objects)
  if (source === null || knownRepositories(ctx).includes(path)) return
  throw new AppError('repository_exists', {
    message: `${source} is being migrated to the repository at ${objects.location}, which does not hold all of it yet.`,
    hint: `Finish that with \`${commandText(['orchive', 'repository', 'migrate', objects.location, '--switch'])}\`. If the old one is lost, remove system/migration/source.json in the new one, and attach it as it is.`,
  })
}

/** A place somewhere else whose repository this home has already would only confuse the catalog. */
function refuseTwin(ctx: ServiceContext, { id }: Repository): void {
  const own = knownRepositories(ctx).find((known) => repositoryIdAt(known) === id)
  if (own === undefined) return
  throw new AppError('repository_exists', {
    message: `This home has that repository already, at ${own}.`,
    hint: 'Read archives from the copy with --from-replica.',
  })
}

/** Workspaces whose repository is this one at another place, or is not there any more while this one has their archives. */
async function followers(ctx: ServiceContext, repository: Repository, path: string) {
  const held = new Set<string>()
  for (const id of await repository.listArchives()) {
    const manifest = await repository.readManifest(id).catch(() => null)
    if (manifest) held.add(manifest.workspaceId)
  }
  const followers = []
  for (const workspace of listWorkspaces(ctx.consoleDb)) {
    if (workspace.repositoryPath === path) continue
    const current = await idAt(ctx, workspace.repositoryPath)
    if (current === repository.id || (current === null && held.has(workspace.id))) followers.push(workspace)
  }
  return followers
}

/** The id of the repository at a folder; null when there is none. */
async function idAt(ctx: ServiceContext, path: string): Promise<string | null> {
  try {
    return await withRepository(ctx, path, async ({ id }) => id)
  } catch (error) {
    if (isAppError(error) && error.code === 'repository_missing') return null
    throw error
  }
}
