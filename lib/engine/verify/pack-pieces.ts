/**
 * A pack that is whole is proven piece by piece, since few of the packs of a large repository would fit in memory together: its pieces have the SHA-256 that its
 * name says, and each frame of its index is there, one after the other without a gap, with the id that it has in the index. Where that does not
 * hold, check-pack.ts looks at the whole of it and says what is wrong.
 */
import type { Codec } from '../repository/codec.ts'
import { whatIsWrong } from './check-frames.ts'
import { type IndexedFrame, openerOf } from './check-pack.ts'

/** About as many bytes; a frame is never divided. */
const PIECE_BYTES = 4 * 1024 * 1024

/** A run of frames, and where it lies in the pack. The first piece begins with the pack. */
export interface PieceRange {
  offset: number
  length: number
  frames: IndexedFrame[]
}

export interface PackPiece extends PieceRange {
  bytes: Uint8Array<ArrayBuffer>
  /** The first bytes of the pack, as many as its form has before the frames. */
  head: Uint8Array
}

/** The pieces of a pack by its index; null when the index does not cover all of the pack, byte for byte. */
export function piecesOf(indexed: readonly IndexedFrame[], headBytes: number, sizeBytes: number): PieceRange[] | null {
  const pieces: PieceRange[] = []
  let end = headBytes
  for (const frame of indexed) {
    if (frame.offset !== end || frame.storedBytes === 0) return null
    end += frame.storedBytes
    const last = pieces.at(-1)
    if (last && last.length < PIECE_BYTES) {
      last.length += frame.storedBytes
      last.frames.push(frame)
    } else {
      const offset = last ? frame.offset : 0
      pieces.push({ offset, length: end - offset, frames: [frame] })
    }
  }
  return pieces.length > 0 && end === sizeBytes ? pieces : null
}

/** Whether every frame of a piece is what the index says. */
export function isPieceSound({ bytes, offset, frames, head }: PackPiece, codec: Codec): boolean {
  const opener = openerOf(head, codec)
  return opener !== null && frames.every(holds)

  function holds(frame: IndexedFrame): boolean {
    const from = frame.offset - offset
    if (from + frame.storedBytes > bytes.length) return false
    try {
      const stored = Buffer.from(bytes.buffer, bytes.byteOffset + from, frame.storedBytes)
      return whatIsWrong(opener!.open(stored, frame.offset), { ...frame, paddingBytes: 0 }, codec) === null
    } catch {
      return false
    }
  }
}
