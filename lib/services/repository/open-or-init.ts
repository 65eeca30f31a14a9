import { initRepository, openRepository, type Repository } from '#lib/engine/repository/repository.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import { isRepository } from './known-repositories.ts'

/** The repository at a folder, made there on first use. The caller closes it. */
export async function openOrInit(path: string, createdAt: string): Promise<Repository> {
  return isRepository(path) ? openRepository(openLocalStorage(path)) : initRepository(openLocalStorage(path, { create: true }), createdAt)
}
