/**
 * Frames: one segment as one zstd frame, with the checksum flag on. With zstd-context.ts the only user of node:zlib, because its
 * one-shot functions and streams silently read the first of several frames only, and are slow unless told sizes.
 */
import { createGunzip, createGzip, createZstdDecompress, type Gzip, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { AppError } from '#lib/base/errors.ts'
import { damagedFrame, readFramePlace } from './frame-walk.ts'
import { compressBound, compressOptions, type FrameCall, keptCompressor, keptDecompressor } from './zstd-context.ts'

export { type FramePlace, frameContentBytes, frameLength, splitFrames } from './frame-walk.ts'
export { compressBound }

/** The largest segment, hence the largest a frame may grow to: 4 MiB and its tar padding. */
export const MAX_SEGMENT_BYTES = 4 * 1024 * 1024 + 512
/** No frame of ours is larger, sections included; more is hostile or damaged. */
const MAX_FRAME_BYTES = 1024 ** 3
const COMPRESS_CHUNK = 256 * 1024

/** A segment as one zstd frame with content size and checksum. */
export function compressFrame(raw: Uint8Array, level = 1): Buffer {
  // The index of a pack of small frames has 30 MB: room for that would be kept for good.
  if (raw.length > MAX_SEGMENT_BYTES) return compressOnce(raw, level)
  const room = compressBound(raw.length)
  if (scratch.length < room) scratch = Buffer.allocUnsafeSlow(Math.max(room, 512 * 1024))
  return Buffer.from(scratch.subarray(0, compressFrameInto(raw, level, scratch, 0)))
}

/** The same, written to `output` from `at` on, where `compressBound` bytes must be free; returns its length. */
export function compressFrameInto(raw: Uint8Array, level: number, output: Buffer, at: number): number {
  let compressor = compressors.get(level)
  if (compressor === undefined) compressors.set(level, (compressor = keptCompressor(level)))
  const length = raw.length === 0 ? -1 : (compressor?.(raw, output, at) ?? -1)
  if (length > 0) return length
  return compressOnce(raw, level).copy(output, at)
}

function compressOnce(raw: Uint8Array, level: number): Buffer {
  return zstdCompressSync(raw, { ...compressOptions(level), chunkSize: COMPRESS_CHUNK, pledgedSrcSize: raw.length })
}

let scratch = Buffer.alloc(0)
/** By level; null = this Node has only the one-shot function. */
const compressors = new Map<number, FrameCall | null>()
let decompressor: FrameCall | null | undefined

/** Gives a buffer of at least so many bytes. */
export type RoomFor = (bytes: number) => Buffer

/** The segment in a stored frame; throws `frame_damaged` unless it is exactly one frame of `rawBytes` bytes. It lies in what `roomFor` gives. */
export function decompressFrame(stored: Uint8Array, rawBytes: number, roomFor: RoomFor = Buffer.allocUnsafeSlow): Buffer {
  assertOneFrame(stored, rawBytes)
  const room = roomFor(rawBytes)
  const raw = room.length === rawBytes ? room : room.subarray(0, rawBytes)
  decompressChecked(stored, rawBytes, raw)
  return raw
}

/** One buffer that is given again and again, made anew only where it is too small: what was put into it last has to be read by then. */
export function sameRoom(): RoomFor {
  let room = Buffer.alloc(0)
  return (bytes) => {
    if (room.length < bytes) room = Buffer.allocUnsafeSlow(Math.max(bytes, room.length * 2))
    return room
  }
}

/** The same into the front of `output`, which must hold `rawBytes`: a buffer that is used again spares its pages. */
export function decompressFrameInto(stored: Uint8Array, rawBytes: number, output: Buffer): void {
  assertOneFrame(stored, rawBytes)
  decompressChecked(stored, rawBytes, output.length === rawBytes ? output : output.subarray(0, rawBytes))
}

/** Refuses what is not one frame that names `rawBytes` as its size: zstd then holds it to that, and nothing can follow it. Throws `frame_damaged`. */
export function assertOneFrame(stored: Uint8Array, rawBytes: number): void {
  const { length, contentBytes, isSkippable } = readFramePlace(stored, 0)
  if (isSkippable || length !== stored.length) throw damagedFrame('is not exactly one zstd frame')
  if (contentBytes === null) throw damagedFrame('does not say its size')
  if (contentBytes !== rawBytes) throw damagedFrame(`holds ${contentBytes} bytes, not ${rawBytes}`)
  if (rawBytes > MAX_FRAME_BYTES) throw damagedFrame(`claims to hold ${rawBytes} bytes`)
}

function decompressChecked(stored: Uint8Array, rawBytes: number, room: Buffer): void {
  if (decompressor === undefined) decompressor = keptDecompressor()
  if (rawBytes > 0 && decompressor?.(stored, room, 0) === rawBytes) return
  // Slower, and it says what is wrong.
  try {
    // A little more room than needed: with none left over, Node takes another buffer and calls zstd again.
    const raw = zstdDecompressSync(stored, { chunkSize: rawBytes + 64, maxOutputLength: rawBytes + 64 })
    if (raw.copy(room) === rawBytes) return
  } catch (error) {
    throw damagedFrame('does not decompress', error)
  }
  throw damagedFrame(`does not hold ${rawBytes} bytes`)
}

/** A small whole object (index, manifest, section, mark) compressed for storing. */
export function compressObject(raw: Uint8Array): Buffer {
  return compressFrame(raw, 3)
}

/** The object in `stored`; throws `repository_damaged` when it does not decompress or is larger than `limitBytes`. */
export function decompressObject(stored: Uint8Array, limitBytes: number): Buffer {
  try {
    if (readFramePlace(stored, 0).length !== stored.length) throw new Error('not exactly one zstd frame')
    return zstdDecompressSync(stored, { chunkSize: 256 * 1024, maxOutputLength: limitBytes })
  } catch (error) {
    throw new AppError('repository_damaged', {
      message: `A repository object cannot be decompressed: ${error instanceof Error ? error.message : String(error)}.`,
      hint: 'Run `orchive verify --all` to see what is affected.',
      cause: error,
    })
  }
}

/** A gzip stream for `.tar.gz` exports: no name and no time, so that equal archives give equal files. */
export function createGzipStream(): Gzip {
  return createGzip({ level: 6, chunkSize: 64 * 1024 })
}

/** Unpacks exactly one frame, which is for the caller to see to: what follows the first one is passed over in silence. */
export const createUnzstdStream = () => createZstdDecompress({ chunkSize: 256 * 1024 })

/** Reads `.tar.gz` back, for tests and imports. */
export const createGunzipStream = createGunzip
