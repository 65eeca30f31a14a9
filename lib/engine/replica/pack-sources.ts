/** Packs of the host as what is sent of them to a copy. Invariant kept here: what is not what its name says does not get there. */
import { createHash } from 'node:crypto'
import { isAppError } from '#lib/base/errors.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { ObjectSource, Purpose } from '../storage/object-source.ts'
import type { Storage } from '../storage/storage.ts'
import { isPack, sha256InName } from './object-names.ts'
import type { PlaceMemory } from './place-memory.ts'

/** Read and written in pieces of this size; so much memory a transfer takes. */
export const PIECE_BYTES = 256 * 1024
/** So many packs are looked at before it is known that they are wanted. */
const MOST_AHEAD = 4

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

/** Where a pack lies on the host, and its name on the copy. */
export interface HostPack {
  name: string
  from: string
  sizeBytes: number
}

export interface PackSourcesInput {
  host: Storage
  place: Storage
  signal?: AbortSignal | undefined
  /** So much of a pack left; negative for what has to leave once more. */
  onBytes: (name: string, bytes: number) => void
}

export class PackSources {
  private readonly input: PackSourcesInput
  private readonly ahead = new Map<string, ObjectSource>()
  private isAhead = true

  constructor(input: PackSourcesInput) {
    this.input = input
  }

  /** The source of a pack that is to be put now. */
  take(pack: HostPack): ObjectSource {
    const source = this.ahead.get(pack.name) ?? packSource(this.input, pack)
    this.ahead.delete(pack.name)
    return source
  }

  /**
   * Has the place look at what it will likely be given, so that something can leave as soon as it is known what is wanted: packs that were never copied, the
   * smallest first. Guesses only; what is wrong with them is found by the put. Ends soon after `endAhead`.
   */
  async lookAhead(memory: PlaceMemory): Promise<void> {
    const { host, place } = this.input
    if (!place.lookAhead) return
    const fresh: HostPack[] = []
    for await (const { name, sizeBytes } of host.list('packs/'))
      if (isPack(name) && !memory.objects[name]) fresh.push({ name, from: name, sizeBytes })
    fresh.sort((a, b) => a.sizeBytes - b.sizeBytes)
    for (const pack of fresh.slice(0, MOST_AHEAD)) {
      if (!this.isAhead) return
      const source = packSource(this.input, pack)
      this.ahead.set(pack.name, source)
      await place.lookAhead(source).catch(() => {})
    }
  }

  /** From here on what is wanted is known. */
  endAhead(): void {
    this.isAhead = false
  }
}

/** A pack of the host, proven by its name unless who takes it does that. */
function packSource({ host, signal, onBytes }: PackSourcesInput, { name, from, sizeBytes }: HostPack): ObjectSource {
  const sha256 = sha256InName(name)
  let toldBytes = 0
  async function* pieces(purpose: Purpose): AsyncGenerator<Buffer> {
    const room = Buffer.allocUnsafeSlow(PIECE_BYTES)
    const hash = purpose === 'send-summed' ? null : createHash('sha256')
    if (purpose !== 'look') {
      // What was sent by an attempt that failed is not there.
      onBytes(name, -toldBytes)
      toldBytes = 0
    }
    for (let offset = 0; offset < sizeBytes; ) {
      throwIfCancelled(signal)
      const piece = await fromHost(host, name, from, (at) => host.read(at, offset, Math.min(PIECE_BYTES, sizeBytes - offset), room))
      if (piece.length === 0) throw new SourceTrouble(name, true)
      hash?.update(piece)
      offset += piece.length
      yield piece
      if (purpose === 'look') continue
      onBytes(name, piece.length)
      toldBytes += piece.length
    }
    if (hash && hash.digest('hex') !== sha256) throw new SourceTrouble(name, true)
  }
  return { sizeBytes, sha256, pieces, file: () => host.fileOf?.(from) ?? null }
}

/** Reads an object of the host where it lies now: a prune moves packs to the trash, and brings them back. Throws `SourceTrouble` when it is gone. */
export async function fromHost<T>(host: Storage, name: string, from: string, read: (at: string) => Promise<T>): Promise<T> {
  for (const at of new Set([from, name, `trash/${name}`])) {
    try {
      if (at === from || (await host.stat(at))) return await read(at)
    } catch (error) {
      if (!isAppError(error) || error.code !== 'object_missing') throw error
    }
  }
  throw new SourceTrouble(name, false)
}
