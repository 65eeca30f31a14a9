import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ReplicaRecord } from '#db/console/tables/replicas.ts'
import { errnoOf } from '#lib/base/errors.ts'
import type { ReplicaOptions, ReplicaSecrets, ReplicaTarget } from '#lib/contracts/replica.ts'
import { emptyMemory, type PlaceMemory, parseMemory } from '#lib/engine/replica/place-memory.ts'
import { writeDurable } from '#lib/engine/restore/durable-file.ts'
import { openStorageTarget } from '#lib/engine/storage/open-storage-target.ts'
import { withPace } from '#lib/engine/storage/paced-storage.ts'
import type { Storage } from '#lib/engine/storage/storage.ts'
import { describeTarget, type StorageSecrets, type StorageTarget } from '#lib/engine/storage/storage-target.ts'
import type { ServiceContext } from '../context.ts'
import { openSecrets, sealSecrets } from '../notify/secret-box.ts'
import { speedAt } from './speed-at.ts'

/** What opens the place of a replica; throws `invalid_input` when the key of the home does not open it any more. */
export function secretsOf(
  ctx: Pick<ServiceContext, 'paths'>,
  { secrets, target }: Pick<ReplicaRecord, 'secrets' | 'target'>,
): StorageSecrets {
  return target.kind === 'folder' ? { kind: 'none' } : (openSecrets(ctx, secrets).storage ?? { kind: 'none' })
}

/** What opens a place as it is kept; '' = nothing does. */
export const sealSecretsOf = (ctx: Pick<ServiceContext, 'paths'>, secrets: ReplicaSecrets | StorageSecrets): string =>
  secrets.kind === 'none' ? '' : sealSecrets(ctx, { storage: secrets as StorageSecrets })

/** The engine's form of a target. */
export const targetOf = (target: ReplicaTarget): StorageTarget => target

/** Opens the place of a replica, at the speed that it may have; the caller closes it. */
export async function openPlace(
  ctx: ServiceContext,
  replica: Pick<ReplicaRecord, 'target' | 'secrets' | 'options'>,
  { timeZone, signal, ...open }: { timeZone: string; signal?: AbortSignal | undefined; create?: boolean; isForPuts?: boolean },
): Promise<Storage> {
  const storage = await openStorageTarget(targetOf(replica.target), secretsOf(ctx, replica), { ...open, retry: { signal } })
  if (!isLimited(replica.options)) return storage
  const bytesPerSecond = () => speedAt(replica.options, timeZone, ctx.clock.realNowMs())
  return withPace(storage, { bytesPerSecond, monotonicMs: () => ctx.clock.monotonicMs(), signal })
}

const isLimited = ({ bytesPerSecond, hours }: ReplicaOptions) => bytesPerSecond !== null || hours.length > 0

/** What stands for a place in the home: two replicas with one place share what is remembered of it, and its lock. */
export function placeKey(target: ReplicaTarget): string {
  const where =
    target.kind === 's3'
      ? ['s3', target.endpoint, target.bucket, target.prefix]
      : target.kind === 'sftp'
        ? ['sftp', target.host, target.port, target.user, target.path]
        : ['folder', target.path.replace(/\/+$/, '')]
  return createHash('sha256').update(JSON.stringify(where)).digest('hex').slice(0, 16)
}

const memoryPath = (ctx: Pick<ServiceContext, 'paths'>, target: ReplicaTarget) => join(ctx.paths.replicas, `${placeKey(target)}.json`)

/** The folder whose lease is the lock of a place. */
export const lockFolder = (ctx: Pick<ServiceContext, 'paths'>, target: ReplicaTarget) => join(ctx.paths.replicas, placeKey(target))

/** What is remembered of a place; nothing where that cannot be read. */
export function loadMemory(ctx: Pick<ServiceContext, 'paths'>, target: ReplicaTarget): PlaceMemory {
  try {
    return parseMemory(readFileSync(memoryPath(ctx, target), 'utf8'))
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return emptyMemory()
    throw error
  }
}

/** Makes what is remembered of a place durable. */
export function saveMemory(ctx: Pick<ServiceContext, 'paths'>, target: ReplicaTarget, memory: PlaceMemory): void {
  writeDurable(memoryPath(ctx, target), JSON.stringify(memory))
}

/** A place in a line. */
export const placeText = (target: ReplicaTarget): string => describeTarget(targetOf(target))
