import { initRepository } from '#lib/engine/repository/repository.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { chooseDefaultRepository } from './known-repositories.ts'

/** Makes a repository in an empty folder, for workspaces that are added from now on; throws `repository_exists`. */
export async function initRepositoryAt(ctx: ServiceContext, path: string): Promise<{ id: string; path: string }> {
  requireRight(ctx, 'settings')
  const repository = await initRepository(openLocalStorage(path, { create: true }), new Date(ctx.clock.nowMs()).toISOString())
  const { id } = repository
  repository.close()
  chooseDefaultRepository(ctx, path)
  record(ctx, 'repository.init', { kind: 'repository', id }, { path })
  return { id, path }
}
