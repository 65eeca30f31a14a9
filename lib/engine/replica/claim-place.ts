/**
 * Whose place it is. A place holds the copies of one repository and of one home: another repository's is refused before anything is written, and so is one
 * that another home syncs to, until somebody says that it is taken over.
 */
import { AppError, isAppError } from '#lib/base/errors.ts'
import type { Repository } from '../repository/repository.ts'
import type { Storage } from '../storage/storage.ts'
import { HEAD_OBJECTS, OWNER_NAME } from './object-names.ts'
import type { PlaceMemory } from './place-memory.ts'

export interface Owner {
  /** Of the home that syncs here. */
  homeId: string
  /** For people. */
  host: string
}

export interface ClaimInput {
  host: Repository
  place: Storage
  memory: PlaceMemory
  owner: Owner
  /** Another home synced here before, and does not any more. */
  isTakeOver: boolean
  at: string
}

/** What stands at a place. */
export type PlaceState = { kind: 'empty' } | { kind: 'ours'; headDiffers: boolean; owner: Owner | null }

/** Looks at a place; changes nothing. Throws `replica_refused` when it is another repository's, another home's, or holds something else. */
export async function lookAtPlace({ host, place, memory, owner, isTakeOver }: Omit<ClaimInput, 'at'>): Promise<PlaceState> {
  const head = await getIfThere(place, 'repository.json')
  if (head === null) {
    if (memory.repositoryId !== null && Object.keys(memory.objects).length > 0 && !isTakeOver) throw emptied(place, memory)
    return { kind: 'empty' }
  }
  const id = idIn(head)
  if (id !== host.id) {
    throw refused(
      `${place.location} holds ${id === null ? 'a repository.json that cannot be read' : `another repository (${id})`}; this one is ${host.id}.`,
      'Choose an empty place, or another prefix. Nothing was written.',
    )
  }
  const known = ownerIn(await getIfThere(place, OWNER_NAME))
  if (known && known.homeId !== owner.homeId && !isTakeOver) {
    throw refused(
      `${place.location} is kept by another home, on ${known.host}. Two homes with one place would delete from each other.`,
      'Choose another prefix; or, when that home is gone for good, add the replica with --take-over. Nothing was written.',
    )
  }
  return { kind: 'ours', headDiffers: !head.equals(await host.storage.get('repository.json')), owner: known }
}

/** Makes the place this home's. Writes the head of the repository where there is none, the file that makes it one last; says how much that was. */
export async function claimPlace(input: ClaimInput, state: PlaceState): Promise<{ objects: number; bytes: number }> {
  const { host, place, owner, at } = input
  const written = { objects: 0, bytes: 0 }
  if (state.kind === 'empty' || state.headDiffers) {
    const isEmpty = state.kind === 'empty'
    const write = async (name: string) => {
      const bytes = await host.storage.get(name)
      if (!(await writeHead(place, name, bytes, isEmpty))) return
      written.objects++
      written.bytes += bytes.length
    }
    await Promise.all(HEAD_OBJECTS.filter((name) => name !== 'repository.json').map(write))
    await write('repository.json')
    // Of two that found it empty, one was first.
    const id = idIn(await place.get('repository.json'))
    if (id !== host.id) throw refused(`${place.location} became another repository's in this moment.`, 'Choose another prefix.')
  }
  if (state.kind === 'ours' && state.owner?.homeId === owner.homeId) return written
  await place.replace(OWNER_NAME, Buffer.from(`${JSON.stringify({ ...owner, since: at })}\n`))
  return written
}

/** Writes an object of the head; false when it is there as it should be. */
async function writeHead(place: Storage, name: string, bytes: Buffer, isEmpty: boolean): Promise<boolean> {
  const there = isEmpty ? null : await getIfThere(place, name)
  if (there?.equals(bytes)) return false
  try {
    if (there === null) await place.put(name, bytes)
    else await place.replace(name, bytes)
    return true
  } catch (error) {
    if (!isAppError(error) || error.code !== 'object_exists') throw error
    // A page left there by a run that ended before the head was written; a head is another one's, of this moment, and stays.
    return isEmpty && name !== 'repository.json' && (await writeHead(place, name, bytes, false))
  }
}

async function getIfThere(storage: Storage, name: string): Promise<Buffer | null> {
  try {
    return await storage.get(name)
  } catch (error) {
    if (isAppError(error) && error.code === 'object_missing') return null
    throw error
  }
}

/** The id that a head names; null = it cannot be read. */
function idIn(head: Buffer): string | null {
  return /"id": "(repo_[0-9a-f]{24})"/.exec(head.toString('utf8'))?.[1] ?? null
}

function ownerIn(bytes: Buffer | null): Owner | null {
  if (bytes === null) return null
  try {
    const { homeId, host } = JSON.parse(bytes.toString('utf8')) as Owner
    return typeof homeId === 'string' ? { homeId, host: String(host) } : null
  } catch {
    return null
  }
}

function refused(message: string, hint: string): AppError {
  return new AppError('replica_refused', { message, hint })
}

function emptied(place: Storage, memory: PlaceMemory): AppError {
  return new AppError('replica_emptied', {
    message: `There is no repository at ${place.location} any more, though ${Object.keys(memory.objects).length} objects were copied there.`,
    hint: 'If its disk is not mounted, mount it. If somebody emptied it, look into that, then sync with --take-over: everything is copied again.',
  })
}
