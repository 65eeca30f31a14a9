import type { Codec } from '../repository/codec.ts'
import { decompressFrameInto, MAX_SEGMENT_BYTES } from '../repository/frame.ts'

/** A stored frame among others in one buffer. */
export interface FrameToCheck {
  from: number
  to: number
  rawBytes: number
  id: string
  /** How many zero bytes the segment has to end with: the padding of a tar block. */
  paddingBytes: number
}

export interface FrameBatch {
  bytes: Uint8Array<ArrayBuffer>
  frames: FrameToCheck[]
}

/** Index of a frame in its batch, and what is wrong with it. */
export interface BadFrame {
  index: number
  why: string
}

let raw = Buffer.alloc(0)

/** Decompresses each frame and compares it with its id; returns those that do not hold. */
export function checkFrames(batch: FrameBatch, codec: Codec): BadFrame[] {
  const bad: BadFrame[] = []
  for (const [index, frame] of batch.frames.entries()) {
    const why = whatIsWrong(batch.bytes.subarray(frame.from, frame.to), frame, codec)
    if (why !== null) bad.push({ index, why })
  }
  return bad
}

/** What is wrong with a frame; null = nothing. */
export function whatIsWrong(
  stored: Uint8Array,
  frame: Pick<FrameToCheck, 'rawBytes' | 'id' | 'paddingBytes'>,
  codec: Codec,
): string | null {
  if (frame.rawBytes > MAX_SEGMENT_BYTES && frame.rawBytes > stored.length * 1000) return 'claims an impossible size'
  if (frame.rawBytes > raw.length) raw = Buffer.allocUnsafeSlow(Math.max(frame.rawBytes, MAX_SEGMENT_BYTES))
  try {
    decompressFrameInto(stored, frame.rawBytes, raw)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  const segment = raw.subarray(0, frame.rawBytes)
  if (codec.frameId(segment) !== frame.id) return 'does not match its id'
  for (let at = frame.rawBytes - frame.paddingBytes; at < frame.rawBytes; at++) if (segment[at] !== 0) return 'has padding that is not zero'
  return null
}
