import { openRepository, type Repository } from '#lib/engine/repository/repository.ts'
import { withFloor } from '#lib/engine/storage/floor-storage.ts'
import { openRepositoryStorage } from './attached-places.ts'

/** Runs `work` with the repository at a folder open, wherever its objects lie; only in job and CLI processes. */
export async function withRepository<T>(
  folder: string,
  work: (repository: Repository) => Promise<T>,
  /** No pack is written that would leave less than this free. */
  floorBytes = 0,
): Promise<T> {
  const storage = await openRepositoryStorage(folder)
  const repository = await openRepository(floorBytes > 0 ? withFloor(storage, floorBytes) : storage)
  try {
    return await work(repository)
  } finally {
    repository.close()
  }
}
