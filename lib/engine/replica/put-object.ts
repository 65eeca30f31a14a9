/**
 * One object from the host to a copy. Invariants kept here: what is not what its name says does not get there; what was written is confirmed, by the
 * checksum that went with it where the store heeds one, else by reading it back; what does not confirm is taken away again.
 */
import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { AppError, isAppError } from '#lib/base/errors.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { ObjectLock, Storage } from '../storage/storage.ts'
import { isPack, sha256InName } from './object-names.ts'
import type { PutStep } from './plan-sync.ts'

/** Read and written in pieces of this size; so much memory a transfer takes. */
export const PIECE_BYTES = 4 * 1024 * 1024

export interface Transfer {
  host: Storage
  place: Storage
  /** What is written is locked until then; null = not at all. */
  lockUntilMs: number | null
  signal?: AbortSignal | undefined
  onBytes?: ((bytes: number) => void) | undefined
}

/** A pack of the host that cannot be copied: it is damaged, or went away while it was wanted. */
export class SourceTrouble extends Error {
  readonly pack: string
  readonly isDamaged: boolean

  constructor(pack: string, isDamaged: boolean) {
    super(`${pack} ${isDamaged ? 'is damaged' : 'is gone'}`)
    this.pack = pack
    this.isDamaged = isDamaged
  }
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
  const isStreamed = isPack(step.name) && !step.replaces && !transfer.place.checksWrites
  const written = isStreamed ? await streamPack(transfer, step) : await putWhole(transfer, step)
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

async function streamPack(transfer: Transfer, step: PutStep): Promise<Written> {
  const { name } = step
  const writer = await transfer.place.create()
  try {
    const hash = createHash('sha256')
    for await (const piece of packPieces(transfer, step)) {
      hash.update(piece)
      await writer.append(piece)
      transfer.onBytes?.(piece.length)
    }
    const sha256 = hash.digest('hex')
    if (sha256 !== sha256InName(name)) throw new SourceTrouble(name, true)
    return { sha256, isOurs: await writer.commit(name), lock: null }
  } finally {
    await writer.abort()
  }
}

async function putWhole(transfer: Transfer, step: PutStep): Promise<Written> {
  const { name, replaces } = step
  const { bytes, sha256 } = await gather(transfer, step)
  if (isPack(name) && sha256 !== sha256InName(name)) throw new SourceTrouble(name, true)
  const written = await write(transfer, { name, bytes, sha256, replaces })
  transfer.onBytes?.(bytes.length)
  return { sha256, ...written }
}

/** A whole object and its hash. Other transfers go on between its pieces: read and hashed in one go, four packs would hold each other up by a second. */
async function gather(transfer: Transfer, step: PutStep): Promise<{ bytes: Buffer; sha256: string }> {
  const { name, from, sizeBytes } = step
  const hash = createHash('sha256')
  if (!isPack(name) || sizeBytes <= PIECE_BYTES) {
    const bytes = await fromHost(transfer, name, from, (at) => transfer.host.get(at))
    return { bytes, sha256: hash.update(bytes).digest('hex') }
  }
  const bytes = Buffer.allocUnsafeSlow(sizeBytes)
  let at = 0
  for await (const piece of packPieces(transfer, step)) {
    hash.update(piece)
    at += piece.copy(bytes, at)
    await nextTurn()
  }
  return { bytes, sha256: hash.digest('hex') }
}

async function* packPieces(transfer: Transfer, { name, from, sizeBytes }: PutStep): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < sizeBytes; ) {
    throwIfCancelled(transfer.signal)
    const piece = await fromHost(transfer, name, from, (at) => transfer.host.read(at, offset, Math.min(PIECE_BYTES, sizeBytes - offset)))
    if (piece.length === 0) throw new SourceTrouble(name, true)
    yield piece
    offset += piece.length
  }
}

interface Whole {
  name: string
  bytes: Buffer
  sha256: string
  replaces: boolean
}

async function write({ place, lockUntilMs }: Transfer, { name, bytes, sha256, replaces }: Whole): Promise<Omit<Written, 'sha256'>> {
  try {
    if (replaces) await place.replace(name, bytes)
    else if (lockUntilMs !== null && place.immutability)
      return { isOurs: true, lock: await place.immutability.putLocked(name, bytes, lockUntilMs, sha256) }
    else await place.put(name, bytes, sha256)
    return { isOurs: true, lock: null }
  } catch (error) {
    // Put by an attempt whose answer was lost, or from elsewhere: confirming it says whether it is the same.
    if (isAppError(error) && error.code === 'object_exists') return { isOurs: false, lock: null }
    throw error
  }
}

/** A prune moves packs to the trash, and brings them back. */
async function fromHost<T>({ host }: Transfer, name: string, from: string, read: (at: string) => Promise<T>): Promise<T> {
  for (const at of new Set([from, name, `trash/${name}`])) {
    try {
      if (at === from || (await host.stat(at))) return await read(at)
    } catch (error) {
      if (!isAppError(error) || error.code !== 'object_missing') throw error
    }
  }
  throw new SourceTrouble(name, false)
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
