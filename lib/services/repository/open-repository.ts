import { openRepository, type Repository } from '#lib/engine/repository/repository.ts'
import { withFloor } from '#lib/engine/storage/floor-storage.ts'
import type { ServiceContext } from '../context.ts'
import { openRepositoryStorage } from './attached-places.ts'
import { assertStillSealed, hostUnlock } from './host-keys.ts'

/** What opening a repository takes: where this host keeps its keys. */
export type KeyHome = Pick<ServiceContext, 'paths'>

/** The repository at a folder, opened with the host's key where it is sealed. The caller closes it. */
export async function openAt(ctx: KeyHome, folder: string, floorBytes = 0): Promise<Repository> {
  const storage = await openRepositoryStorage(folder)
  const repository = await openRepository(floorBytes > 0 ? withFloor(storage, floorBytes) : storage, hostUnlock(ctx))
  assertStillSealed(ctx, folder, repository)
  return repository
}

/** Runs `work` with the repository at a folder open, wherever its objects lie; only in job and CLI processes. */
export async function withRepository<T>(
  ctx: KeyHome,
  folder: string,
  work: (repository: Repository) => Promise<T>,
  /** No pack is written that would leave less than this free. */
  floorBytes = 0,
): Promise<T> {
  const repository = await openAt(ctx, folder, floorBytes)
  try {
    return await work(repository)
  } finally {
    repository.close()
  }
}
