/**
 * One object from the host to a copy. Invariants kept here: what is not what its name says does not get there; what was written is confirmed, by the
 * checksum that went with it where the store heeds one, else by reading it back; what does not confirm is taken away again.
 */
import { createHash } from 'node:crypto'
import { AppError, isAppError } from '#lib/base/errors.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { ObjectBody } from '../storage/object-source.ts'
import type { ObjectLock, Storage } from '../storage/storage.ts'
import { isPack, sha256InName } from './object-names.ts'
import { fromHost, type PackSources, PIECE_BYTES, SourceTrouble } from './pack-sources.ts'
import type { PutStep } from './plan-sync.ts'

export interface Transfer {
  host: Storage
  place: Storage
  packs: PackSources
  /** What is written is locked until then; null = not at all. */
  lockUntilMs: number | null
  signal?: AbortSignal | undefined
  /** So much of an object that is no pack left. */
  onBytes: (name: string, bytes: number) => void
}

/** How an object came to be there. */
export interface Put {
  sha256: string
  /** Null = it is not locked. */
  lockedUntilMs: number | null
  /** Another object was there under this name, and stayed: a mark that the copy got from somewhere else. */
  isOther: boolean
}

/** Writes an object and confirms it. Throws `SourceTrouble` for a pack that the host cannot give whole. */
export async function putObject(transfer: Transfer, step: PutStep): Promise<Put> {
  const written = await write(transfer, step)
  const { sha256 } = written
  if (!(await confirm(transfer, step, written))) return { sha256, lockedUntilMs: null, isOther: true }
  const { place, lockUntilMs } = transfer
  if (lockUntilMs === null || !place.immutability) return { sha256, lockedUntilMs: null, isOther: false }
  const lock = written.lock ?? (await place.immutability.lock(step.name, lockUntilMs))
  return { sha256, lockedUntilMs: lock.untilMs, isOther: false }
}

interface Written {
  sha256: string
  /** False when an object of that name was there. */
  isOurs: boolean
  /** Set in the same step, and read back; null = not yet. */
  lock: ObjectLock | null
}

async function write(transfer: Transfer, step: PutStep): Promise<Written> {
  const { name, from, replaces } = step
  if (isPack(name) && !replaces) {
    const source = transfer.packs.take(step)
    return { sha256: source.sha256, ...(await putNew(transfer, name, source, source.sha256)) }
  }
  const bytes = await fromHost(transfer.host, name, from, (at) => transfer.host.get(at))
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  if (isPack(name) && sha256 !== sha256InName(name)) throw new SourceTrouble(name, true)
  const written = replaces
    ? await transfer.place.replace(name, bytes).then(() => ({ isOurs: true, lock: null }))
    : await putNew(transfer, name, bytes, sha256)
  transfer.onBytes(name, bytes.length)
  return { sha256, ...written }
}

async function putNew({ place, lockUntilMs }: Transfer, name: string, body: ObjectBody, sha256: string): Promise<Omit<Written, 'sha256'>> {
  try {
    if (lockUntilMs !== null && place.immutability)
      return { isOurs: true, lock: await place.immutability.putLocked(name, body, lockUntilMs, sha256) }
    await place.put(name, body, sha256)
    return { isOurs: true, lock: null }
  } catch (error) {
    // Put by an attempt whose answer was lost, or from elsewhere: confirming it says whether it is the same.
    if (isAppError(error) && error.code === 'object_exists') return { isOurs: false, lock: null }
    throw error
  }
}

/** False when another object was there before; throws when what was written is not there as it should be. */
async function confirm({ place, signal }: Transfer, { name, sizeBytes }: PutStep, { sha256, isOurs }: Written): Promise<boolean> {
  if (isOurs && place.checksWrites) return true
  const info = await place.stat(name)
  const there = info ? await hashOf(place, name, info.sizeBytes, signal) : null
  if (there === sha256) return true
  if (info && !isOurs && !isPack(name)) return false
  // What is not what it should be must not be counted on by anybody.
  if (info) await place.remove(name).catch(() => {})
  throw new AppError('io_failed', {
    message: `${place.location} did not keep ${name} as it was written (${info ? `${info.sizeBytes} of ${sizeBytes} bytes, or other ones` : 'it is not there'}).`,
    hint: 'Run the sync again; if it happens again, the store is not to be trusted.',
    retryable: true,
  })
}

/** SHA-256 of an object as it lies in a store, read in pieces. */
export async function hashOf(storage: Storage, name: string, sizeBytes: number, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for (let offset = 0; offset < sizeBytes; ) {
    throwIfCancelled(signal)
    const piece = await storage.read(name, offset, Math.min(PIECE_BYTES, sizeBytes - offset))
    if (piece.length === 0) break
    hash.update(piece)
    offset += piece.length
  }
  return hash.digest('hex')
}
