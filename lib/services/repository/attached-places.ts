/**
 * Repositories that lie somewhere else, and that this home only reads: the copy of a lost host, or a replica of one's own. Each has a folder in the home with
 * what opens it, sealed, and a cache of what was read; to everything that reads repositories this folder is the repository.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { AppError, isAppError } from '#lib/base/errors.ts'
import type { ReplicaTarget } from '#lib/contracts/replica.ts'
import { uncover, uncoverHead } from '#lib/engine/replica/uncover.ts'
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

type HomeOnly = Pick<ServiceContext, 'paths'>

interface PlaceFile {
  target: ReplicaTarget
  /** Sealed with the key of the home; '' = none are needed. */
  secrets: string
  /** Nobody has brought anything back from it so far. */
  isLookedAt?: true
}

/**
 * Makes a place readable as a repository of this home; gives the folder that stands for it. Where the target locks
 * objects, what somebody deleted or overwrote is put back first. Throws `repository_missing` where none lies there.
 */
export async function attachPlace(ctx: HomeOnly, target: ReplicaTarget, secrets: StorageSecrets): Promise<string> {
  const storage = await openStorageTarget(target, secrets)
  try {
    const folder = await keepPlace(ctx, storage, target, secrets)
    await attachKept(folder, storage)
    return folder
  } finally {
    storage.close()
  }
}

/**
 * Keeps what opens a place that somebody only looks at, and puts back no more there than it takes to open the repository; gives the folder that stands for it.
 * Its archives are no part of this home before `attachKeptPlace`.
 */
export async function keepPlace(ctx: HomeOnly, storage: Storage, target: ReplicaTarget, secrets: StorageSecrets): Promise<string> {
  await uncoverHead(storage)
  const head = await readHead(storage, describeTarget(target))
  const folder = join(ctx.paths.home, FOLDER, placeKey(target))
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeDurable(join(folder, 'repository.json'), head.toString('utf8'))
  const isLookedAt = !isAttached(folder) || placeFileOf(folder).isLookedAt === true
  writeFile(folder, {
    target,
    secrets: secrets.kind === 'none' ? '' : sealSecrets(ctx, { storage: secrets }),
    ...(isLookedAt ? { isLookedAt } : {}),
  })
  return folder
}

/** Makes a place that was looked at readable as a repository of this home. Only in job and CLI processes: putting back takes long where much was deleted. */
export async function attachKeptPlace(folder: string, signal: AbortSignal): Promise<void> {
  const storage = await openPlaceOf(folder)
  try {
    await attachKept(folder, storage, signal)
  } finally {
    storage.close()
  }
}

async function attachKept(folder: string, storage: Storage, signal?: AbortSignal): Promise<void> {
  await uncover(storage, { signal })
  const { isLookedAt, ...file } = placeFileOf(folder)
  if (isLookedAt) writeFile(folder, file)
}

const placeFileOf = (folder: string) => JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as PlaceFile
const writeFile = (folder: string, file: PlaceFile) => writeDurable(join(folder, FILE), `${JSON.stringify(file)}\n`)

/** What stands for a place, as a plan names it. */
export const placeIdOf = (folder: string): string => basename(folder)

/** The folder that stands for a place; throws `repository_missing` for one that nobody looked at. */
export function requirePlace({ paths }: HomeOnly, placeId: string): string {
  const folder = join(paths.home, FOLDER, placeId)
  if (isAttached(folder)) return folder
  throw new AppError('repository_missing', {
    message: 'This home does not know the place that is meant.',
    hint: 'Look at the place first: what opens it is kept with that.',
  })
}

/** The head of a repository; throws `repository_missing` where there is none. */
export async function readHead(storage: Storage, place: string): Promise<Buffer> {
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

/** The folders of all places that this home reads; not of those that somebody only looked at. */
export function attachedPlaces({ paths }: HomeOnly): string[] {
  const parent = join(paths.home, FOLDER)
  return existsSync(parent)
    ? readdirSync(parent)
        .map((name) => join(parent, name))
        .filter((folder) => isAttached(folder) && !placeFileOf(folder).isLookedAt)
    : []
}

/** A place somewhere else, as this home has it. */
export interface KnownPlace {
  id: string
  /** Stands for it in this home. */
  folder: string
  /** In a line. */
  place: string
  /** Somebody looked at it, and nothing was brought back from it so far. */
  isLookedAt: boolean
}

/** All places that this home has keys of, also those that somebody only looked at; by what they are called. */
export function knownPlaces({ paths }: HomeOnly): KnownPlace[] {
  const parent = join(paths.home, FOLDER)
  if (!existsSync(parent)) return []
  return readdirSync(parent)
    .map((id) => ({ id, folder: join(parent, id) }))
    .filter(({ folder }) => isAttached(folder))
    .map(({ id, folder }) => {
      const { target, isLookedAt = false } = placeFileOf(folder)
      return { id, folder, place: describeTarget(target), isLookedAt }
    })
    .toSorted((a, b) => (a.place < b.place ? -1 : 1))
}

/** Forgets a place: first what opens it, so that a folder which is left half removed stands for nothing. */
export function forgetPlace(folder: string): void {
  rmSync(join(folder, FILE), { force: true })
  rmSync(folder, { recursive: true, force: true })
}

/** The storage of a repository by its folder, wherever its objects lie. */
export async function openRepositoryStorage(folder: string): Promise<Storage> {
  if (!isAttached(folder)) return openLocalStorage(folder)
  return readOnly(withCache(await openPlaceOf(folder), { folder: join(folder, 'cache'), maxBytes: CACHE_BYTES }), folder)
}

function openPlaceOf(folder: string): Promise<Storage> {
  const { target, secrets } = placeFileOf(folder)
  const home = { paths: { notifyKey: join(dirname(dirname(folder)), NOTIFY_KEY) } as ServiceContext['paths'] }
  const opened = secrets === '' ? { kind: 'none' as const } : (openSecrets(home, secrets).storage ?? { kind: 'none' as const })
  return openStorageTarget(target, opened)
}
