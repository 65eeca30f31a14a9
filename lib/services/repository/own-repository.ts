import type { OwnRepository } from '#lib/contracts/host.ts'
import { requireFreshSignIn } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { isAttached } from './attached-places.ts'
import { initRepositoryAt } from './init-repository.ts'
import { isSealed } from './is-sealed.ts'
import { isRepository } from './known-repositories.ts'

/** Where backups go that cannot go into the repository at a folder, since that is a copy which is only read; null = they go there. */
export function ownRepository({ paths }: Pick<ServiceContext, 'paths'>, folder: string): OwnRepository | null {
  if (!isAttached(folder)) return null
  const path = paths.repository
  const isNew = !isRepository(path)
  return { path, isNew, isEncrypted: isSealed(isNew ? folder : path), isLess: isSealed(folder) && !isNew && !isSealed(path) }
}

/**
 * Makes the repository of this host encrypted where the copy is that it was brought back from, before the first backup would make it in plain; gives its recovery
 * key, which is shown once. Null = there was nothing to do. A person has to have signed in a moment ago.
 */
export async function sealOwnRepository(ctx: ServiceContext, folder: string, passphrase: string | null): Promise<string | null> {
  const own = ownRepository(ctx, folder)
  if (!own?.isNew || !own.isEncrypted) return null
  requireFreshSignIn(ctx)
  const { recoveryKey } = await initRepositoryAt(ctx, own.path, { passphrase })
  return recoveryKey
}
