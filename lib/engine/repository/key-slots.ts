/**
 * Key slots: the master key of a sealed repository, wrapped once for everybody who may open it. A slot is one small object, a JSON line and its SHA-256,
 * and never changed: another passphrase is another slot. Revoking one keeps nobody out who has seen the master key.
 */
import { randomBytes, scrypt } from 'node:crypto'
import { AppError, isAppError } from '#lib/base/errors.ts'
import type { RepositoryId } from '#lib/base/ids.ts'
import type { Storage } from '../storage/storage.ts'
import { KEY_BYTES, openBytes, sealBytes, sealKeys } from './sealing.ts'
import { decodeSummedLine, encodeSummedLine } from './summed-line.ts'

export type KeySlotId = `key_${string}`

/** What opens a slot. */
export type SlotSecret = { kind: 'passphrase'; passphrase: string } | { kind: 'key'; key: Buffer }

/** Parameters of scrypt (RFC 7914). */
export interface ScryptCost {
  n: number
  r: number
  p: number
}

export interface KeySlot {
  id: KeySlotId
  kind: SlotSecret['kind']
  /** What people call it; readable without a key. */
  label: string
  /** ISO 8601 UTC. */
  createdAt: string
  /** How the passphrase was stretched; null for a key, which is random as a whole. */
  scrypt: (ScryptCost & { salt: string }) | null
  /** The master key, sealed, in base64. */
  wrapped: string
}

const FOLDER = 'keys/'
/** Sealed notes about slots that were taken away. */
export const REVOKED_FOLDER = 'system/revoked/'
const NAME = /^keys\/(key_[0-9a-f]{16})\.json$/
/** 128 MiB and a third of a second: what somebody who guesses pays for each try. */
const COST: ScryptCost = { n: 2 ** 17, r: 8, p: 1 }
/** A slot that asks for more is hostile. */
const MOST_MEMORY = 1024 ** 3
const MOST_P = 4
/** Each takes up to a second to try, and whoever can write there can add some. */
const MOST_SLOTS = 64

const slotName = (id: KeySlotId) => `${FOLDER}${id}.json`
const contextOf = (repository: RepositoryId) => `orchive key slot ${repository}`

/** Adds a slot that opens the master key; durable when this returns. */
export async function addKeySlot(
  storage: Storage,
  repository: RepositoryId,
  master: Buffer,
  { secret, label, createdAt, cost = COST }: { secret: SlotSecret; label: string; createdAt: string; cost?: ScryptCost },
): Promise<KeySlot> {
  const stretched = secret.kind === 'passphrase' ? { ...cost, salt: randomBytes(32).toString('hex') } : null
  const wrapping = sealKeys(await wrappingSecret(secret, stretched), 'slot')
  const slot: KeySlot = {
    id: `key_${randomBytes(8).toString('hex')}`,
    kind: secret.kind,
    label,
    createdAt,
    scrypt: stretched,
    wrapped: sealBytes(wrapping, contextOf(repository), master).toString('base64'),
  }
  await putSlot(storage, slot)
  return slot
}

async function putSlot(storage: Storage, slot: KeySlot): Promise<void> {
  await storage.put(slotName(slot.id), encodeSummedLine(slot))
}

/** The slots of a repository, oldest first; those that are damaged are left out. */
export async function readKeySlots(storage: Storage): Promise<KeySlot[]> {
  const slots: KeySlot[] = []
  const names: string[] = []
  for await (const { name } of storage.list(FOLDER)) if (NAME.test(name)) names.push(name)
  if (names.length > MOST_SLOTS) {
    throw new AppError('repository_damaged', {
      message: `${storage.location} has ${names.length} key slots, more than the ${MOST_SLOTS} that are tried.`,
      hint: `Look into ${FOLDER}: somebody may have put slots there. Take away those that \`orchive repository key list\` never showed.`,
    })
  }
  for (const name of names) {
    try {
      slots.push(decodeKeySlot(name, await storage.get(name)))
    } catch (error) {
      if (!isAppError(error) || (error.code !== 'repository_damaged' && error.code !== 'object_missing')) throw error
    }
  }
  return slots.sort((a, b) => (a.createdAt + a.id < b.createdAt + b.id ? -1 : 1))
}

/** Reads a stored slot; throws `repository_damaged` naming it. */
export function decodeKeySlot(name: string, stored: Buffer): KeySlot {
  const slot = checkedSlot(decodeSummedLine(stored))
  if (slot && slot.id === NAME.exec(name)?.[1]) return slot
  throw new AppError('repository_damaged', {
    message: `The key slot ${name} is damaged.`,
    hint: 'Another slot opens the repository as well: use another passphrase or the recovery key.',
  })
}

function checkedSlot(value: unknown): KeySlot | null {
  if (typeof value !== 'object' || value === null) return null
  const slot = value as KeySlot
  const { kind, label, createdAt, wrapped, scrypt: cost } = slot
  if (![label, createdAt, wrapped].every((text) => typeof text === 'string')) return null
  if (kind === 'key') return cost === null ? slot : null
  if (kind !== 'passphrase' || !cost || !/^[0-9a-f]{64}$/.test(cost.salt)) return null
  return isBearable(cost) ? slot : null
}

/** A power of two that takes neither more memory nor more rounds than anybody needs. */
function isBearable({ n, r, p }: ScryptCost): boolean {
  const isWhole = [n, r, p].every((value) => Number.isSafeInteger(value) && value > 0)
  return isWhole && n > 1 && Math.log2(n) % 1 === 0 && 128 * n * r <= MOST_MEMORY && p <= MOST_P
}

/** The master key, if one of the slots opens with the secret, and which one; else null. */
export async function openKeySlots(
  slots: readonly KeySlot[],
  repository: RepositoryId,
  secret: SlotSecret,
): Promise<{ slot: KeySlot; master: Buffer } | null> {
  for (const slot of slots) {
    if (slot.kind !== secret.kind) continue
    const wrapping = sealKeys(await wrappingSecret(secret, slot.scrypt), 'slot')
    const master = openBytes(wrapping, contextOf(repository), Buffer.from(slot.wrapped, 'base64'))
    if (master?.length === KEY_BYTES) return { slot, master }
  }
  return null
}

/** Where slots lie, and the same storage for what only a holder of the master key can write. */
interface SlotPlace {
  storage: Storage
  objects: Storage
}

/**
 * Takes a slot away; refuses the last one, without which nobody could open the repository again. A sealed note says that it was taken away by somebody who
 * could open the repository, so that copies follow; a slot that is only gone may have been deleted by anybody.
 */
export async function removeKeySlot({ storage, objects }: SlotPlace, id: KeySlotId): Promise<KeySlot> {
  const slots = await readKeySlots(storage)
  const slot = slots.find((other) => other.id === id)
  if (!slot) throw unknownSlot(id)
  if (slots.length === 1) {
    throw new AppError('key_last', {
      message: `${id} is the last key slot: without it nobody could open the repository again.`,
      hint: 'Add another one first: `orchive repository key add`.',
    })
  }
  await noteRevoked(objects, id)
  await storage.remove(slotName(id))
  return slot
}

async function noteRevoked(objects: Storage, id: KeySlotId): Promise<void> {
  try {
    await objects.put(`${REVOKED_FOLDER}${id}.json`, encodeSummedLine({ slot: id }))
  } catch (error) {
    if (!isAppError(error) || error.code !== 'object_exists') throw error
  }
}

/** Names of slots that were taken away, as far as a note that opens with the master key says so. */
export async function readRevoked({ storage, objects }: SlotPlace): Promise<Set<string>> {
  const revoked = new Set<string>()
  for await (const { name } of storage.list(REVOKED_FOLDER)) {
    try {
      const note = decodeSummedLine(await objects.get(name)) as { slot?: unknown } | undefined
      if (typeof note?.slot === 'string') revoked.add(slotName(note.slot as KeySlotId))
    } catch (error) {
      if (!isAppError(error) || (error.code !== 'repository_damaged' && error.code !== 'object_missing')) throw error
    }
  }
  return revoked
}

/** Calls a slot something else: the same key under another name, then the old slot goes. */
export async function renameKeySlot({ storage, objects }: SlotPlace, id: KeySlotId, label: string): Promise<KeySlot> {
  const slot = (await readKeySlots(storage)).find((other) => other.id === id)
  if (!slot) throw unknownSlot(id)
  const renamed: KeySlot = { ...slot, id: `key_${randomBytes(8).toString('hex')}`, label }
  await putSlot(storage, renamed)
  await noteRevoked(objects, id)
  await storage.remove(slotName(id))
  return renamed
}

function unknownSlot(id: string): AppError {
  return new AppError('key_unknown', { message: `There is no key slot ${id}.`, hint: 'See `orchive repository key list`.' })
}

/** 32 bytes that only who has the secret can make. */
async function wrappingSecret(secret: SlotSecret, cost: KeySlot['scrypt']): Promise<Buffer> {
  if (secret.kind === 'key') return secret.key
  const { n, r, p, salt } = cost!
  const options = { N: n, r, p, maxmem: 128 * n * r + 64 * 1024 * 1024 }
  return await new Promise((resolve, reject) =>
    scrypt(Buffer.from(secret.passphrase, 'utf8'), Buffer.from(salt, 'hex'), KEY_BYTES, options, (error, key) =>
      error ? reject(error) : resolve(key),
    ),
  )
}
