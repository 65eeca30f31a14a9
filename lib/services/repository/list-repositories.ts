import { listReplicas } from '#db/console/tables/replicas.ts'
import { listWorkspaces } from '#db/console/tables/workspaces.ts'
import { isAppError } from '#lib/base/errors.ts'
import type { Repositories, RepositoryView } from '#lib/contracts/repository-keys.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { placeText } from '../replicas/open-place.ts'
import { listAttachedPlaces } from './detach-place.ts'
import { defaultRepository, isRepository, knownRepositories } from './known-repositories.ts'
import { listKeys } from './list-keys.ts'
import { withRepository } from './open-repository.ts'
import { replacedRepositories } from './switch-repository.ts'

/** Every repository of this home, whether it is encrypted, whether this host can open it, and who else can. Reads heads and key slots only. */
export async function listRepositories(ctx: ServiceContext): Promise<Repositories> {
  requireRight(ctx, 'settings')
  const paths = new Set([defaultRepository(ctx), ...knownRepositories(ctx)])
  return {
    repositories: await Promise.all([...paths].map((path) => viewOf(ctx, path))),
    replaced: replacedRepositories(ctx),
    places: listAttachedPlaces(ctx),
  }
}

async function viewOf(ctx: ServiceContext, path: string): Promise<RepositoryView> {
  const workspaces = listWorkspaces(ctx.consoleDb).filter(({ repositoryPath }) => repositoryPath === path)
  const view: RepositoryView = {
    ...{ path, id: null, state: 'none', problem: null, isEncrypted: false, keyFile: null, slots: [] },
    isDefault: path === defaultRepository(ctx),
    workspaces: workspaces.map(({ name }) => name),
    replicas: workspaces
      .flatMap(({ id }) => listReplicas(ctx.consoleDb, id))
      .map(({ name, target }) => ({ name, place: placeText(target) })),
  }
  if (!isRepository(path))
    return workspaces.length === 0 ? view : { ...view, problem: `There is no repository at ${path}. If its disk is not mounted, mount it.` }
  try {
    const { repositoryId: id, isEncrypted, keyFile, slots } = await listKeys(ctx, path)
    return { ...view, id, isEncrypted, keyFile, slots, ...(await stateOf(ctx, path)) }
  } catch (error) {
    if (!isAppError(error)) throw error
    return { ...view, state: 'unreadable', problem: `${error.message} ${error.hint}`.trim() }
  }
}

async function stateOf(ctx: ServiceContext, path: string): Promise<Pick<RepositoryView, 'state' | 'problem'>> {
  try {
    await withRepository(ctx, path, async () => {})
    return { state: 'open', problem: null }
  } catch (error) {
    if (!isAppError(error)) throw error
    const isLocked = error.code === 'repository_sealed' || error.code === 'key_wrong'
    return { state: isLocked ? 'locked' : 'unreadable', problem: error.message }
  }
}
