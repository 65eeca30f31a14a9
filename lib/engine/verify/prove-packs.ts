import { createHash } from 'node:crypto'
import { isAppError } from '#lib/base/errors.ts'
import { throwIfCancelled } from '../cancelled.ts'
import type { Repository } from '../repository/repository.ts'
import type { IndexedFrame, PackVerdict } from './check-pack.ts'
import { piecesOf } from './pack-pieces.ts'
import { VerifyPool } from './verify-pool.ts'

/** Pieces that a worker has: one in hand, one that waits. */
const PIECES_AHEAD = 2

export interface StoredObject {
  name: string
  sizeBytes: number
}

interface Parts {
  repository: Repository
  /** There is so little of it that no threads are started. */
  isSmall: boolean
  signal: AbortSignal | undefined
  /** Once a pack, in no order. */
  onVerdict(pack: StoredObject, verdict: PackVerdict): void
  /** Instead of a verdict. */
  onUnreadable(pack: StoredObject, error: unknown): void
}

interface DoubtfulPack {
  pack: StoredObject
  /** Null when the index cannot be read. */
  indexed: IndexedFrame[] | null
}

/** Proves packs piece by piece (pack-pieces.ts), and looks at the whole of those that cannot be proven. This thread reads and hashes, workers look at frames. */
export class PackProver {
  private readonly parts: Parts
  private readonly pool: VerifyPool
  private readonly doubtful: DoubtfulPack[] = []

  constructor(parts: Parts) {
    this.parts = parts
    this.pool = new VerifyPool({ codec: parts.repository.codec, isSmall: parts.isSmall, ahead: PIECES_AHEAD })
  }

  /** Reads a pack; resolves when the next one may be read. */
  async add(pack: StoredObject, indexed: IndexedFrame[] | null): Promise<void> {
    throwIfCancelled(this.parts.signal)
    const pieces = indexed && piecesOf(indexed, this.parts.repository.codec.packs.headBytes, pack.sizeBytes)
    if (!pieces) return void this.doubtful.push({ pack, indexed })
    let isSound = true
    let waiting = pieces.length
    const settle = (sound: boolean) => {
      isSound &&= sound
      if (--waiting > 0) return
      if (!isSound) this.doubtful.push({ pack, indexed })
      else this.parts.onVerdict(pack, { isNameRight: true, indexDiffers: null, bad: [], frames: indexed.length, bytes: pack.sizeBytes })
    }
    try {
      for await (const { isNameRight, ...piece } of this.read(pack, pieces)) {
        isSound &&= isNameRight
        await this.pool.piece(piece, settle)
      }
    } catch (error) {
      if (!isAppError(error) || error.code === 'cancelled') throw error
      this.parts.onUnreadable(pack, error)
    }
  }

  /** Waits until every pack has its verdict. */
  async finish(): Promise<void> {
    await this.pool.drain()
    for (const { pack, indexed } of this.doubtful) await this.lookAtWhole(pack, indexed)
    await this.pool.drain()
  }

  close(): Promise<void> {
    return this.pool.close()
  }

  /** The pieces' bytes; the last one comes with whether all of them are what the pack's name says. */
  private async *read({ name }: StoredObject, pieces: NonNullable<ReturnType<typeof piecesOf>>) {
    const { storage, codec } = this.parts.repository
    const hash = createHash('sha256')
    let head: Uint8Array = new Uint8Array(0)
    for (const [i, piece] of pieces.entries()) {
      throwIfCancelled(this.parts.signal)
      const bytes = await storage.read(name, piece.offset, piece.length)
      hash.update(bytes)
      if (i === 0) head = Uint8Array.from(bytes.subarray(0, codec.packs.headBytes))
      const isNameRight = i < pieces.length - 1 || hash.digest('hex') === sha256InName(name)
      yield { ...piece, head, bytes: ownBytes(bytes), isNameRight }
    }
  }

  private async lookAtWhole(pack: StoredObject, indexed: IndexedFrame[] | null): Promise<void> {
    throwIfCancelled(this.parts.signal)
    try {
      const bytes = ownBytes(await this.parts.repository.storage.get(pack.name))
      await this.pool.pack({ bytes, sha256: sha256InName(pack.name), indexed }, (verdict) => this.parts.onVerdict(pack, verdict))
    } catch (error) {
      if (!isAppError(error) || error.code === 'cancelled') throw error
      this.parts.onUnreadable(pack, error)
    }
  }
}

const sha256InName = (pack: string) => /([0-9a-f]{64})\.pack$/.exec(pack)?.[1] ?? ''

/** Bytes that can be handed to another thread. */
function ownBytes(bytes: Buffer): Uint8Array<ArrayBuffer> {
  return bytes.buffer.byteLength === bytes.length ? new Uint8Array(bytes.buffer as ArrayBuffer) : new Uint8Array(bytes)
}
