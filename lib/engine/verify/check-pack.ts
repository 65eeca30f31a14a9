import { createHash } from 'node:crypto'
import { decompressFrameInto, frameContentBytes, frameIdOf, frameLength, MAX_SEGMENT_BYTES } from '../repository/frame.ts'
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
export function checkPack(pack: PackToCheck): PackVerdict {
  const isNameRight = createHash('sha256').update(pack.bytes).digest('hex') === pack.sha256
  const derived = deriveTolerantly(pack.bytes)
  const indexed = pack.indexed ?? derived.frames
  const indexDiffers = pack.indexed === null ? null : firstDifference(pack.indexed, derived)
  const bad: PackVerdict['bad'] = []
  // A whole pack whose index agrees is sound frame by frame: ids were derived from its bytes.
  if (!isNameRight || indexDiffers !== null) {
    for (const frame of indexed) {
      const stored = pack.bytes.subarray(frame.offset, frame.offset + frame.storedBytes)
      const why = whatIsWrong(stored, { ...frame, paddingBytes: 0 })
      if (why !== null) bad.push({ id: frame.id, why })
    }
  }
  return { isNameRight, indexDiffers, bad, frames: indexed.length, bytes: pack.bytes.length }
}

/** The frames of a pack by its own bytes, up to where it stops being frames. */
export const framesByWalking = (pack: Uint8Array): IndexedFrame[] => deriveTolerantly(pack).frames

interface Derived {
  frames: IndexedFrame[]
  /** Where the pack stops being frames; null = nowhere. */
  stoppedAt: number | null
}

let raw = Buffer.alloc(0)

function deriveTolerantly(bytes: Uint8Array): Derived {
  const frames: IndexedFrame[] = []
  for (let offset = 0; offset < bytes.length; ) {
    try {
      const storedBytes = frameLength(bytes, offset)
      const rawBytes = frameContentBytes(bytes, offset)
      if (rawBytes === null || rawBytes > MAX_SEGMENT_BYTES * 64) return { frames, stoppedAt: offset }
      if (rawBytes > raw.length) raw = Buffer.allocUnsafeSlow(Math.max(rawBytes, MAX_SEGMENT_BYTES))
      decompressFrameInto(bytes.subarray(offset, offset + storedBytes), rawBytes, raw)
      frames.push({ id: frameIdOf(raw.subarray(0, rawBytes)), offset, storedBytes, rawBytes })
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
