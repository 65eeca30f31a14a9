import { openLocalStorage } from '#lib/engine/repository/local-storage.ts'
import { openRepository, type Repository } from '#lib/engine/repository/repository.ts'

/** Runs `work` with the repository at a folder open; only in job and CLI processes. */
export async function withRepository<T>(folder: string, work: (repository: Repository) => Promise<T>): Promise<T> {
  const repository = await openRepository(openLocalStorage(folder))
  try {
    return await work(repository)
  } finally {
    repository.close()
  }
}
