import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { AppError } from '#lib/base/errors.ts'
import { addKeySlot, openKeySlots, readKeySlots, type SlotSecret } from '#lib/engine/repository/key-slots.ts'
import { openRepository, type Repository, type Unlock } from '#lib/engine/repository/repository.ts'
import { KEY_BYTES } from '#lib/engine/repository/sealing.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { isAttached, openRepositoryStorage } from './attached-places.ts'
import { acceptPlace, hostUnlock, keepHostKey, keepOwnSlot } from './host-keys.ts'
import { hostSlot } from './init-repository.ts'

/**
 * Gives this host a key of its own to an encrypted repository, from a passphrase or a key that somebody gives once. Nothing is done for one that is not
 * encrypted, or that the host opens already; false says so. Throws `key_wrong`.
 */
export async function unlockRepository(ctx: ServiceContext, path: string, secret: SlotSecret | null): Promise<boolean> {
  requireRight(ctx, 'settings')
  const storage = await openRepositoryStorage(path)
  const repository = await openRepository(storage, secret ? unlockWith(secret) : hostUnlock(ctx))
  try {
    acceptPlace(ctx, path, repository)
    if (repository.master === null || secret === null) return false
    await keepKey(ctx, repository, isAttached(path))
    return true
  } finally {
    repository.close()
  }
}

/** Opens with what somebody gives; throws `key_wrong`. */
export function unlockWith(secret: SlotSecret): Unlock {
  return async ({ id, storage }) => {
    const opened = await openKeySlots(await readKeySlots(storage), id, secret)
    if (opened) return opened.master
    throw new AppError('key_wrong', {
      message: `${secret.kind === 'passphrase' ? 'The passphrase' : 'The key'} does not open the repository at ${storage.location}.`,
      hint: 'Try again, or another one: any passphrase of it, the printed recovery key, or the key file of a host will do.',
    })
  }
}

/** A key of this host and its slot: in the repository, or beside the key where nothing is written into the place. */
async function keepKey(ctx: ServiceContext, repository: Repository, isOnlyRead: boolean): Promise<void> {
  const own = await hostUnlock(ctx)({ id: repository.id, storage: repository.storage }).catch(() => null)
  if (own !== null) return
  const key = randomBytes(KEY_BYTES)
  const createdAt = new Date(ctx.clock.nowMs()).toISOString()
  const master = Buffer.from(repository.master!)
  if (isOnlyRead) {
    await keepOwnSlot(ctx, repository.id, master, { ...hostSlot(key), createdAt })
    return keepHostKey(ctx, repository.id, key)
  }
  const slot = await addKeySlot(repository.storage, repository.id, master, { ...hostSlot(key), createdAt })
  keepHostKey(ctx, repository.id, key)
  // On a host that has nothing yet, the console's database is to be brought back first.
  if (existsSync(ctx.paths.consoleDb)) record(ctx, 'repository.unlock', { kind: 'repository', id: repository.id }, { slot: slot.id })
}
