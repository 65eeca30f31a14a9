import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { formatKey } from '#lib/engine/repository/key-text.ts'
import { initRepository, type Repository, type SlotForMaster } from '#lib/engine/repository/repository.ts'
import { KEY_BYTES } from '#lib/engine/repository/sealing.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { keepHostKey, rememberSealed } from './host-keys.ts'
import { chooseDefaultRepository } from './known-repositories.ts'
import { requireGoodPassphrase } from './passphrase.ts'

/** How a repository is encrypted from the start: always with a recovery key and a key of this host, with a passphrase if somebody chose one. */
export interface Encryption {
  passphrase: string | null
}

export interface MadeRepository {
  id: string
  path: string
  isEncrypted: boolean
  /** To be printed, now or never: it is kept nowhere. Null for a repository that is not encrypted. */
  recoveryKey: string | null
}

/** Makes a repository in an empty folder, for workspaces that are added from now on; throws `repository_exists`. */
export async function initRepositoryAt(ctx: ServiceContext, path: string, encryption: Encryption | null = null): Promise<MadeRepository> {
  requireRight(ctx, 'settings')
  const made = await makeRepository(ctx, path, encryption)
  chooseDefaultRepository(ctx, path)
  record(ctx, 'repository.init', { kind: 'repository', id: made.id }, { path, isEncrypted: made.isEncrypted })
  return made
}

/** The same without making it the one for new workspaces. */
export async function makeRepository(
  ctx: ServiceContext,
  path: string,
  encryption: Encryption | null,
  /** Runs before it counts as a repository. */
  beforeHead: (repository: Repository) => Promise<void> = async () => {},
): Promise<MadeRepository> {
  if (encryption?.passphrase != null) requireGoodPassphrase(encryption.passphrase)
  const keys = encryption ? { host: randomBytes(KEY_BYTES), recovery: randomBytes(KEY_BYTES) } : null
  const slots: SlotForMaster[] = []
  if (keys) slots.push(hostSlot(keys.host), { secret: { kind: 'key', key: keys.recovery }, label: 'recovery key' })
  if (encryption?.passphrase != null) {
    slots.push({ secret: { kind: 'passphrase', passphrase: encryption.passphrase }, label: `passphrase of ${ctx.actor.name}` })
  }
  const storage = openLocalStorage(path, { create: true })
  const repository = await initRepository(storage, new Date(ctx.clock.nowMs()).toISOString(), slots, async (made) => {
    // Before it is one: a repository that this host cannot open would be of no use to anybody.
    if (keys) keepHostKey(ctx, made.id, keys.host)
    await beforeHead(made)
  })
  repository.close()
  const { id } = repository
  if (keys) rememberSealed(ctx, path, id)
  return { id, path, isEncrypted: keys !== null, recoveryKey: keys && formatKey(keys.recovery) }
}

/** The slot of this host. */
export const hostSlot = (key: Buffer): SlotForMaster => ({ secret: { kind: 'key', key }, label: `host ${hostname()}` })
