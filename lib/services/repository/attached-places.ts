/**
 * Repositories that lie somewhere else, and that this home only reads: the copy of a lost host, or a replica of one's own. Each has a folder in the home with
 * what opens it, sealed, and a cache of what was read; to everything that reads repositories this folder is the repository.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { AppError, isAppError } from '#lib/base/errors.ts'
import type { ReplicaTarget } from '#lib/contracts/replica.ts'
import { uncover } from '#lib/engine/replica/uncover.ts'
import { writeDurable } from '#lib/engine/restore/durable-file.ts'
import { withCache } from '#lib/engine/storage/cached-storage.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import { openStorageTarget } from '#lib/engine/storage/open-storage-target.ts'
import { readOnly } from '#lib/engine/storage/read-only-storage.ts'
import type { Storage } from '#lib/engine/storage/storage.ts'
import { describeTarget, type StorageSecrets } from '#lib/engine/storage/storage-target.ts'
import type { ServiceContext } from '../context.ts'
import { openSecrets, sealSecrets } from '../notify/secret-box.ts'
import { placeKey } from '../replicas/open-place.ts'

const FOLDER = 'attached'
const FILE = 'place.json'
const NOTIFY_KEY = 'notify-key'
const CACHE_BYTES = 1_073_741_824

interface PlaceFile {
  target: ReplicaTarget
  /** Sealed with the key of the home; '' = none are needed. */
  secrets: string
}

/**
 * Makes a place readable as a repository of this home; gives the folder that stands for it. Where the target locks
 * objects, what somebody deleted or overwrote is put back first. Throws `repository_missing` where none lies there.
 */
export async function attachPlace(ctx: Pick<ServiceContext, 'paths'>, target: ReplicaTarget, secrets: StorageSecrets): Promise<string> {
  const storage = await openStorageTarget(target, secrets)
  try {
    await uncover(storage)
    const head = await readHead(storage, describeTarget(target))
    const folder = join(ctx.paths.home, FOLDER, placeKey(target))
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeDurable(join(folder, 'repository.json'), head.toString('utf8'))
    const file: PlaceFile = { target, secrets: secrets.kind === 'none' ? '' : sealSecrets(ctx, { storage: secrets }) }
    writeDurable(join(folder, FILE), `${JSON.stringify(file)}\n`)
    return folder
  } finally {
    storage.close()
  }
}

async function readHead(storage: Storage, place: string): Promise<Buffer> {
  try {
    return await storage.get('repository.json')
  } catch (error) {
    if (!isAppError(error) || error.code !== 'object_missing') throw error
    throw new AppError('repository_missing', {
      message: `There is no repository at ${place}.`,
      hint: 'Check bucket, prefix or folder. Where objects were deleted by somebody and locks kept them, see docs/replicas.md.',
      cause: error,
    })
  }
}

/** Whether a folder only stands for a place somewhere else. */
export const isAttached = (folder: string): boolean => existsSync(join(folder, FILE))

/** The folders of all places that this home reads. */
export function attachedPlaces({ paths }: Pick<ServiceContext, 'paths'>): string[] {
  const parent = join(paths.home, FOLDER)
  return existsSync(parent)
    ? readdirSync(parent)
        .map((name) => join(parent, name))
        .filter(isAttached)
    : []
}

/** The storage of a repository by its folder, wherever its objects lie. */
export async function openRepositoryStorage(folder: string): Promise<Storage> {
  if (!isAttached(folder)) return openLocalStorage(folder)
  const { target, secrets } = JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as PlaceFile
  const home = { paths: { notifyKey: join(dirname(dirname(folder)), NOTIFY_KEY) } as ServiceContext['paths'] }
  const opened = secrets === '' ? { kind: 'none' as const } : (openSecrets(home, secrets).storage ?? { kind: 'none' as const })
  const storage = await openStorageTarget(target, opened)
  return readOnly(withCache(storage, { folder: join(folder, 'cache'), maxBytes: CACHE_BYTES }), folder)
}
