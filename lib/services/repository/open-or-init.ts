import { initRepository, type Repository } from '#lib/engine/repository/repository.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import { isRepository } from './known-repositories.ts'
import { type KeyHome, openAt } from './open-repository.ts'

/** The repository at a folder, made there on first use, not encrypted. The caller closes it. */
export async function openOrInit(ctx: KeyHome, path: string, createdAt: string): Promise<Repository> {
  return isRepository(path) ? openAt(ctx, path) : initRepository(openLocalStorage(path, { create: true }), createdAt)
}
