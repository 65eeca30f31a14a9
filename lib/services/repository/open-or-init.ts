import { commandText } from '#lib/base/command-text.ts'
import { AppError } from '#lib/base/errors.ts'
import { initRepository, type Repository } from '#lib/engine/repository/repository.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import { attachedPlaces } from './attached-places.ts'
import { isSealed } from './is-sealed.ts'
import { isRepository } from './known-repositories.ts'
import { type KeyHome, openAt } from './open-repository.ts'

/** The repository at a folder, made there on first use, not encrypted. The caller closes it. Throws `repository_missing` where that would put into the clear what was encrypted. */
export async function openOrInit(ctx: KeyHome, path: string, createdAt: string): Promise<Repository> {
  if (isRepository(path)) return openAt(ctx, path)
  assertMayBePlain(ctx, path)
  return initRepository(openLocalStorage(path, { create: true }), createdAt)
}

/** Between taking a lost host's encrypted copy in and bringing it back, a scheduled backup could be the first to write. */
function assertMayBePlain(ctx: KeyHome, path: string): void {
  if (path !== ctx.paths.repository || !attachedPlaces(ctx).some(isSealed)) return
  throw new AppError('repository_missing', {
    message: `There is no repository at ${path} yet, and a copy that this home reads from is encrypted.`,
    hint: `Bring the host back with the runbook, which makes it encrypted; or make it: \`${commandText(['orchive', 'repository', 'init', path, '--encrypt'])}\`, without --encrypt if it is to be in plain.`,
  })
}
