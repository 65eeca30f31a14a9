import { createHash } from 'node:crypto'
import type { Codec, PackOpener } from '../repository/codec.ts'
import { decompressFrameInto, frameContentBytes, MAX_SEGMENT_BYTES } from '../repository/frame.ts'
import { whatIsWrong } from './check-frames.ts'

/** Where a pack's index says that a frame lies. */
export interface IndexedFrame {
  id: string
  offset: number
  storedBytes: number
  rawBytes: number
}

export interface PackToCheck {
  bytes: Uint8Array<ArrayBuffer>
  /** What the name says. */
  sha256: string
  /** Null when the index cannot be read. */
  indexed: IndexedFrame[] | null
}

export interface PackVerdict {
  isNameRight: boolean
  /** What the pack's own bytes say differs from the index; null = nothing, or there is no index to compare. */
  indexDiffers: string | null
  /** Frames of the index (or of the pack, where there is none) that are damaged. */
  bad: { id: string; why: string }[]
  frames: number
  bytes: number
}

/** Checks a pack against its name, its index against the pack, and every frame against its id. */
export function checkPack(pack: PackToCheck, codec: Codec): PackVerdict {
  const isNameRight = createHash('sha256').update(pack.bytes).digest('hex') === pack.sha256
  const derived = deriveTolerantly(pack.bytes, codec)
  const indexed = pack.indexed ?? derived.frames
  const indexDiffers = pack.indexed === null ? null : firstDifference(pack.indexed, derived)
  const bad: PackVerdict['bad'] = []
  // A whole pack whose index agrees is sound frame by frame: ids were derived from its bytes.
  if (!isNameRight || indexDiffers !== null) {
    const opener = openerOf(pack.bytes, codec)
    for (const frame of indexed) {
      const why = whyBad(pack.bytes, frame, opener, codec)
      if (why !== null) bad.push({ id: frame.id, why })
    }
  }
  return { isNameRight, indexDiffers, bad, frames: indexed.length, bytes: pack.bytes.length }
}

/** The frames of a pack by its own bytes, up to where it stops being frames. */
export const framesByWalking = (pack: Uint8Array, codec: Codec): IndexedFrame[] => deriveTolerantly(pack, codec).frames

/** The opener of a pack that may be damaged; null when it does not begin as one. */
export function openerOf(pack: Uint8Array, { packs }: Codec): PackOpener | null {
  try {
    return packs.opener(pack.subarray(0, packs.headBytes))
  } catch {
    return null
  }
}

function whyBad(pack: Uint8Array, frame: IndexedFrame, opener: PackOpener | null, codec: Codec): string | null {
  if (!opener) return 'lies in a pack that does not begin as one'
  try {
    const stored = Buffer.from(pack.buffer, pack.byteOffset + frame.offset, frame.storedBytes)
    return whatIsWrong(opener.open(stored, frame.offset), { ...frame, paddingBytes: 0 }, codec)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

interface Derived {
  frames: IndexedFrame[]
  /** Where the pack stops being frames; null = nowhere. */
  stoppedAt: number | null
}

let raw = Buffer.alloc(0)

function deriveTolerantly(bytes: Uint8Array, codec: Codec): Derived {
  const frames: IndexedFrame[] = []
  const opener = openerOf(bytes, codec)
  if (!opener) return { frames, stoppedAt: 0 }
  for (let offset = codec.packs.headBytes; offset < bytes.length; ) {
    try {
      const { frame, storedBytes } = opener.next(bytes, offset)
      const rawBytes = frameContentBytes(frame, 0)
      if (rawBytes === null || rawBytes > MAX_SEGMENT_BYTES * 64) return { frames, stoppedAt: offset }
      if (rawBytes > raw.length) raw = Buffer.allocUnsafeSlow(Math.max(rawBytes, MAX_SEGMENT_BYTES))
      decompressFrameInto(frame, rawBytes, raw)
      frames.push({ id: codec.frameId(raw.subarray(0, rawBytes)), offset, storedBytes, rawBytes })
      offset += storedBytes
    } catch {
      return { frames, stoppedAt: offset }
    }
  }
  return { frames, stoppedAt: null }
}

function firstDifference(indexed: IndexedFrame[], derived: Derived): string | null {
  for (const [i, frame] of derived.frames.entries()) {
    const other = indexed[i]
    if (!other) return `does not name the frame at byte ${frame.offset}`
    const isEqual =
      other.id === frame.id && other.offset === frame.offset && other.storedBytes === frame.storedBytes && other.rawBytes === frame.rawBytes
    if (!isEqual) return `names another frame at byte ${frame.offset} than the pack holds`
  }
  if (derived.stoppedAt !== null) return `cannot be compared from byte ${derived.stoppedAt} on, where the pack is damaged`
  return indexed.length > derived.frames.length ? `names ${indexed.length} frames, the pack holds ${derived.frames.length}` : null
}
