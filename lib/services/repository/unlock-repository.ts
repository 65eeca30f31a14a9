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
import { acceptPlace, hostUnlock, keepHostKey } from './host-keys.ts'
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
    if (isAttached(path)) keepGivenKey(ctx, repository, secret)
    else await keepKey(ctx, repository)
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

/** Nothing is written into a place that is only read, so the key that was given is the host's from now on. */
function keepGivenKey(ctx: ServiceContext, { id }: Repository, secret: SlotSecret): void {
  if (secret.kind === 'key') return keepHostKey(ctx, id, secret.key)
  throw new AppError('invalid_input', {
    message: 'A passphrase alone is not enough for a repository that is only read: this host cannot add a key of its own there.',
    hint: 'Give the recovery key, or the key file of the host that writes there, with --key-file.',
  })
}

async function keepKey(ctx: ServiceContext, repository: Repository): Promise<void> {
  const own = await hostUnlock(ctx)({ id: repository.id, storage: repository.storage }).catch(() => null)
  if (own !== null) return
  const key = randomBytes(KEY_BYTES)
  const createdAt = new Date(ctx.clock.nowMs()).toISOString()
  const slot = await addKeySlot(repository.storage, repository.id, Buffer.from(repository.master!), { ...hostSlot(key), createdAt })
  keepHostKey(ctx, repository.id, key)
  // On a host that has nothing yet, the console's database is to be brought back first.
  if (existsSync(ctx.paths.consoleDb)) record(ctx, 'repository.unlock', { kind: 'repository', id: repository.id }, { slot: slot.id })
}
