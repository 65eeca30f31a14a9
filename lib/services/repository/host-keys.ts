/**
 * Keys of this host: a file for each sealed repository, with a slot of its own there, so that scheduled jobs need nobody. And which places hold a sealed
 * repository: one that turns up there in plain was put there by somebody else, and nothing is written into it.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandText } from '#lib/base/command-text.ts'
import { AppError } from '#lib/base/errors.ts'
import type { RepositoryId } from '#lib/base/ids.ts'
import { addKeySlot, type KeySlot, openKeySlots, readKeySlots } from '#lib/engine/repository/key-slots.ts'
import { formatKey, parseKey } from '#lib/engine/repository/key-text.ts'
import { noKeyHere, type Repository, type SlotForMaster, type Unlock } from '#lib/engine/repository/repository.ts'
import { openLocalStorage } from '#lib/engine/storage/local-storage.ts'
import type { HomePaths } from '../context.ts'

type Home = { paths: Pick<HomePaths, 'keys'> }

/** Where this host's key of a repository lies. */
export const hostKeyPath = ({ paths }: Home, id: RepositoryId): string => join(paths.keys, `${id}.key`)

/** Opens sealed repositories with the host's own keys; throws `repository_sealed` where it has none, `key_wrong` where its slot is gone. */
export function hostUnlock(home: Home): Unlock {
  return async ({ id, storage }) => {
    const path = hostKeyPath(home, id)
    if (!existsSync(path)) throw noKeyHere(storage.location)
    const secret = { kind: 'key', key: parseKey(readFileSync(path, 'utf8')) } as const
    const opened =
      (await openKeySlots(await readKeySlots(storage), id, secret)) ?? (await openKeySlots(await ownSlots(home, id), id, secret))
    if (opened) return opened.master
    throw new AppError('key_wrong', {
      message: `The key of this host (${path}) does not open the repository at ${storage.location} any more.`,
      hint: 'Its slot was revoked, or is damaged. Attach the repository again with a passphrase or the recovery key: `orchive repository attach DIR`.',
    })
  }
}

/** A slot of this host for a place that is only read: it lies in the home, since it cannot lie there. Like those of a repository, of no use without the key. */
export async function keepOwnSlot(
  home: Home,
  id: RepositoryId,
  master: Buffer,
  slot: SlotForMaster & { createdAt: string },
): Promise<void> {
  const storage = openLocalStorage(ownSlotsPath(home, id), { create: true })
  try {
    await addKeySlot(storage, id, master, slot)
  } finally {
    storage.close()
  }
}

const ownSlotsPath = ({ paths }: Home, id: RepositoryId) => join(paths.keys, 'own', id)

async function ownSlots(home: Home, id: RepositoryId): Promise<KeySlot[]> {
  const path = ownSlotsPath(home, id)
  if (!existsSync(path)) return []
  const storage = openLocalStorage(path)
  try {
    return await readKeySlots(storage)
  } finally {
    storage.close()
  }
}

/** Keeps a key of this host, for itself alone to read. */
export function keepHostKey(home: Home, id: RepositoryId, key: Buffer): void {
  writeOwn(home, hostKeyPath(home, id), `${formatKey(key)}\n`)
}

/** Remembers that a place holds this repository, sealed. */
export function rememberSealed(home: Home, folder: string, id: RepositoryId): void {
  const known = sealedPlaces(home)
  if (known[folder] === id) return
  writeOwn(home, placesPath(home), `${JSON.stringify({ ...known, [folder]: id }, null, 2)}\n`)
}

/** Throws when a place held a sealed repository and now holds another, or one in plain. */
export function assertStillSealed(home: Home, folder: string, { id, master }: Repository): void {
  const known = sealedPlaces(home)[folder]
  if (known === undefined || (known === id && master !== null)) return
  throw new AppError('repository_damaged', {
    message: `${folder} held the encrypted repository ${known}; what is there now ${master === null ? 'is not encrypted' : `is ${id}`}.`,
    hint: `Somebody put another one in its place, and nothing is written there. If that was you: \`${commandText(['orchive', 'repository', 'attach', folder])}\`.`,
    context: { folder, expected: known, found: id },
  })
}

/** Takes what lies at a place for what is meant to be there, after somebody attached it. */
export function acceptPlace(home: Home, folder: string, { id, master }: Repository): void {
  if (master !== null) return rememberSealed(home, folder, id)
  const { [folder]: _, ...others } = sealedPlaces(home)
  if (_ !== undefined) writeOwn(home, placesPath(home), `${JSON.stringify(others, null, 2)}\n`)
}

/** Forgets this host's key of a repository that it reads at a place no more, and that it was sealed there. */
export function forgetHostKey(home: Home, folder: string, id: RepositoryId): void {
  rmSync(hostKeyPath(home, id), { force: true })
  rmSync(ownSlotsPath(home, id), { recursive: true, force: true })
  const { [folder]: known, ...others } = sealedPlaces(home)
  if (known !== undefined) writeOwn(home, placesPath(home), `${JSON.stringify(others, null, 2)}\n`)
}

const placesPath = ({ paths }: Home) => join(paths.keys, 'places.json')

function sealedPlaces(home: Home): Record<string, RepositoryId> {
  const path = placesPath(home)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, RepositoryId>) : {}
}

function writeOwn({ paths }: Home, path: string, text: string): void {
  mkdirSync(paths.keys, { recursive: true, mode: 0o700 })
  chmodSync(paths.keys, 0o700)
  const draft = `${path}.${process.pid}`
  rmSync(draft, { force: true })
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx', flush: true })
  renameSync(draft, path)
}
