/**
 * Walks zstd frames by their headers (RFC 8878 §3.1) without decompressing: where each ends, what it says of itself. Node's own functions read
 * the first of several frames only and say nothing of the rest, so nothing reaches them that has not been walked.
 */
import { AppError } from '#lib/base/errors.ts'

const MAGIC = 0xfd2fb528
/** The sixteen magic numbers of skippable frames end in any of 0 to f. */
const SKIPPABLE_MAGIC = 0x184d2a50
const MAX_BLOCK = 128 * 1024
const RESERVED_BLOCK = 3
const RUN_BLOCK = 1
const DICTIONARY_ID_BYTES = [0, 1, 2, 4]

/** Where a frame lies in a file of frames back to back, and what its header says. */
export interface FramePlace {
  offset: number
  length: number
  /** Uncompressed bytes; null when the header names none, as in frames written to a pipe. */
  contentBytes: number | null
  /** Other people's notes between frames: no content, to be stepped over. We write none. */
  isSkippable: boolean
}

/** Every frame of a buffer that holds whole frames back to back; throws `frame_damaged` at the first byte that is none. */
export function splitFrames(buffer: Uint8Array): FramePlace[] {
  const places: FramePlace[] = []
  for (let offset = 0; offset < buffer.length; ) {
    const place = readFramePlace(buffer, offset)
    places.push(place)
    offset += place.length
  }
  return places
}

/** Bytes of the frame that starts at `offset`; throws `frame_damaged` when there is no frame or it runs past the end of the buffer. */
export function frameLength(buffer: Uint8Array, offset: number): number {
  return readFramePlace(buffer, offset).length
}

/** Uncompressed bytes that the header of the frame at `offset` names; null when it names none. Throws `frame_damaged` when it is cut short. */
export function frameContentBytes(buffer: Uint8Array, offset: number): number | null {
  return isSkippableAt(buffer, offset) ? null : readHeader(buffer, offset).contentBytes
}

/** The frame that starts at `offset`; throws `frame_damaged` as `frameLength` does. */
export function readFramePlace(buffer: Uint8Array, offset: number): FramePlace {
  if (isSkippableAt(buffer, offset)) {
    const length = 8 + readLittleEndian(buffer, offset + 4, 4)
    if (offset + length > buffer.length) throw damagedFrame(`is cut short at byte ${buffer.length}`)
    return { offset, length, contentBytes: null, isSkippable: true }
  }
  const header = readHeader(buffer, offset)
  let at = header.end
  for (let isLast = false; !isLast; ) {
    const block = readBlock(buffer, at)
    at += 3 + block.bytes
    isLast = block.isLast
  }
  if (header.hasChecksum) at += 4
  if (at > buffer.length) throw damagedFrame(`is cut short at byte ${buffer.length}`)
  return { offset, length: at - offset, contentBytes: header.contentBytes, isSkippable: false }
}

/** The longest frame header: magic number, descriptor, window, dictionary id, content size. */
const MAX_HEADER_BYTES = 18

/** Bytes as they come: the next ones to look at, and the next ones to take; fewer at the end. */
export interface FrameBytes {
  peek(count: number): Promise<Buffer>
  take(count: number): Promise<Buffer>
}

/** The next frame of a stream, skippable ones included, header and blocks one by one; throws `frame_damaged` as `readFramePlace` does. */
export async function* walkFrame(source: FrameBytes): AsyncGenerator<Buffer> {
  const whole = async (count: number) => {
    const bytes = await source.take(count)
    if (bytes.length < count) throw damagedFrame('is cut short')
    return bytes
  }
  const start = await source.peek(MAX_HEADER_BYTES)
  if (isSkippableAt(start, 0)) {
    for (let left = 8 + readLittleEndian(start, 4, 4); left > 0; ) {
      const bytes = await whole(Math.min(left, MAX_BLOCK))
      left -= bytes.length
      yield bytes
    }
    return
  }
  const header = readHeader(start, 0)
  yield await whole(header.end)
  for (let isLast = false; !isLast; ) {
    const { isLast: ends, bytes } = readBlock(await source.peek(3), 0)
    isLast = ends
    yield await whole(3 + bytes)
  }
  if (header.hasChecksum) yield await whole(4)
}

/** The error of a frame that is not what it should be. */
export function damagedFrame(what: string, cause?: unknown): AppError {
  return new AppError('frame_damaged', {
    message: `A stored frame ${what}.`,
    hint: 'Run `orchive verify --all` to see which archives are affected.',
    cause,
  })
}

/** A block's header: whether it is the frame's last, and the stored bytes that follow. */
function readBlock(buffer: Uint8Array, at: number): { isLast: boolean; bytes: number } {
  const block = readLittleEndian(buffer, at, 3)
  const type = (block >> 1) & 3
  const size = block >> 3
  if (type === RESERVED_BLOCK) throw damagedFrame(`has a reserved block at byte ${at}`)
  if (size > MAX_BLOCK) throw damagedFrame(`has a block larger than any may be at byte ${at}`)
  return { isLast: (block & 1) === 1, bytes: type === RUN_BLOCK ? 1 : size }
}

interface FrameHeader {
  contentBytes: number | null
  hasChecksum: boolean
  /** Where its blocks start. */
  end: number
}

/** Frame header: magic number, descriptor, window descriptor, dictionary id, content size; all but the first two may be left out. */
function readHeader(buffer: Uint8Array, offset: number): FrameHeader {
  if (offset + 5 > buffer.length || readLittleEndian(buffer, offset, 4) !== MAGIC) throw damagedFrame(`has no zstd frame at byte ${offset}`)
  const descriptor = buffer[offset + 4]!
  if (descriptor & 0x08) throw damagedFrame(`has a header of an unknown kind at byte ${offset}`)
  const isSingleSegment = (descriptor & 0x20) !== 0
  const sizeFlag = descriptor >> 6
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeFlag
  const sizeAt = offset + 5 + (isSingleSegment ? 0 : 1) + DICTIONARY_ID_BYTES[descriptor & 3]!
  const size = readLittleEndian(buffer, sizeAt, sizeBytes)
  return {
    // Two bytes hold what one byte cannot: 256 and up.
    contentBytes: sizeBytes === 0 ? null : sizeBytes === 2 ? size + 256 : size,
    hasChecksum: (descriptor & 0x04) !== 0,
    end: sizeAt + sizeBytes,
  }
}

/** Whether a skippable frame starts here. */
export function isSkippableAt(buffer: Uint8Array, offset: number): boolean {
  return offset + 8 <= buffer.length && (readLittleEndian(buffer, offset, 4) & 0xfffffff0) === SKIPPABLE_MAGIC
}

function readLittleEndian(buffer: Uint8Array, offset: number, bytes: number): number {
  if (offset + bytes > buffer.length) throw damagedFrame(`is cut short at byte ${buffer.length}`)
  let value = 0
  for (let i = bytes - 1; i >= 0; i--) value = value * 256 + buffer[offset + i]!
  return value
}
