/**
 * What the ids, the cuts and the packs of a repository depend on. Everything above a pack sees plain zstd frames; what is on disk may be more than that.
 * The small objects (indexes, manifests, marks) are read and written through `Repository.objects`.
 */

import { hash } from 'node:crypto'
import type { FrameId } from '../entry.ts'
import { GEAR } from './chunker.ts'
import { frameLength } from './frame.ts'
import { sealedCodec } from './sealed-codec.ts'

export interface Codec {
  /** The address of a segment. */
  frameId(raw: Uint8Array): FrameId
  /** True when the address of a segment is its SHA-256. */
  readonly idIsSha256: boolean
  /** The chunker's table: 256 signed words. */
  readonly gear: Int32Array
  readonly packs: PackForm
  /** Bytes that a small object takes besides its own. */
  readonly objectExtraBytes: number
  /** What a thread makes the same codec from (see `codecOf`); structured clone takes it. */
  readonly seed: CodecSeed
}

export type CodecSeed = { kind: 'plain' } | { kind: 'sealed'; master: Uint8Array }

/** How frames lie in a pack. */
export interface PackForm {
  /** Bytes before the first frame. */
  readonly headBytes: number
  /** Bytes that a frame takes besides its own. */
  readonly extraBytes: number
  /** For a new pack; null = its frames are written as they are. */
  newSealer(): PackSealer | null
  /** For the pack that begins with these `headBytes`; throws `frame_damaged`. */
  opener(head: Uint8Array): PackOpener
}

/** Makes the stored form of a new pack's frames. */
export interface PackSealer {
  readonly head: Buffer
  /** Frames that follow each other in the pack, the first one at `offset`. */
  seal(frames: readonly Uint8Array[], offset: number): Buffer
}

/** Reads the stored form. */
export interface PackOpener {
  /** The zstd frame in the bytes that are stored from `offset` on; throws `frame_damaged` when they are not what was written. */
  open(stored: Buffer, offset: number): Buffer
  /** The same for whatever starts at `offset` of a whole pack, and how many bytes it takes there. */
  next(pack: Uint8Array, offset: number): { frame: Uint8Array; storedBytes: number }
}

const plainOpener: PackOpener = {
  open: (stored) => stored,
  next(pack, offset) {
    const storedBytes = frameLength(pack, offset)
    return { frame: pack.subarray(offset, offset + storedBytes), storedBytes }
  },
}

/** Frames back to back, addressed by their SHA-256. */
export const plainCodec: Codec = {
  frameId: (raw) => hash('sha256', raw, 'hex'),
  idIsSha256: true,
  gear: GEAR,
  objectExtraBytes: 0,
  packs: { headBytes: 0, extraBytes: 0, newSealer: () => null, opener: () => plainOpener },
  seed: { kind: 'plain' },
}

/** The codec that another thread has. */
export function codecOf(seed: CodecSeed): Codec {
  return seed.kind === 'plain' ? plainCodec : sealedCodec(seed.master)
}
