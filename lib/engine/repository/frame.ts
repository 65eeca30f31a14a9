/**
 * Frames: one segment as one zstd frame, with the checksum flag on. With zstd-context.ts the only user of node:zlib, because its
 * one-shot functions and streams silently read the first of several frames only, and are slow unless told sizes.
 */
import { createHash } from 'node:crypto'
import { createGunzip, createGzip, type Gzip, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { AppError } from '#lib/base/errors.ts'
import type { FrameId } from '../entry.ts'
import { compressBound, compressOptions, type FrameCall, keptCompressor, keptDecompressor } from './zstd-context.ts'

export { compressBound }

/** The largest segment, hence the largest a frame may grow to: 4 MiB and its tar padding. */
export const MAX_SEGMENT_BYTES = 4 * 1024 * 1024 + 512
const MAGIC = 0xfd2fb528
const COMPRESS_CHUNK = 256 * 1024

/** The address of a segment. */
export function frameIdOf(raw: Uint8Array): FrameId {
  return createHash('sha256').update(raw).digest('hex')
}

/** A segment as one zstd frame with content size and checksum. */
export function compressFrame(raw: Uint8Array, level = 1): Buffer {
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
  const frame = zstdCompressSync(raw, { ...compressOptions(level), chunkSize: COMPRESS_CHUNK, pledgedSrcSize: raw.length })
  return frame.copy(output, at)
}

let scratch = Buffer.alloc(0)
/** By level; null = this Node has only the one-shot function. */
const compressors = new Map<number, FrameCall | null>()
let decompressor: FrameCall | null | undefined

/** The segment in a stored frame; throws `frame_damaged` unless it is exactly one frame of `rawBytes` bytes. */
export function decompressFrame(stored: Uint8Array, rawBytes: number): Buffer {
  const raw = Buffer.allocUnsafeSlow(rawBytes)
  decompressFrameInto(stored, rawBytes, raw)
  return raw
}

/** The same into the front of `output`, which must hold `rawBytes`: a buffer that is used again spares its pages. */
export function decompressFrameInto(stored: Uint8Array, rawBytes: number, output: Buffer): void {
  if (frameLength(stored, 0) !== stored.length) throw damaged('is not exactly one zstd frame')
  if (rawBytes === 0) return
  if (decompressor === undefined) decompressor = keptDecompressor()
  const room = output.length === rawBytes ? output : output.subarray(0, rawBytes)
  if (decompressor?.(stored, room, 0) === rawBytes) return
  // Slower, and it says what is wrong.
  decompressWhole(stored, rawBytes).copy(output)
}

function decompressWhole(stored: Uint8Array, rawBytes: number): Buffer {
  let raw: Buffer
  try {
    // A little more room than needed: with none left over, Node takes another buffer and calls zstd again.
    raw = zstdDecompressSync(stored, { chunkSize: rawBytes + 64, maxOutputLength: rawBytes + 64 })
  } catch (error) {
    throw damaged('does not decompress', error)
  }
  if (raw.length !== rawBytes) throw damaged(`holds ${raw.length} bytes, not ${rawBytes}`)
  return raw
}

/** A small whole object (index, manifest, section, mark) compressed for storing. */
export function compressObject(raw: Uint8Array): Buffer {
  return compressFrame(raw, 3)
}

/** The object in `stored`; throws `repository_damaged` when it does not decompress or is larger than `limitBytes`. */
export function decompressObject(stored: Uint8Array, limitBytes: number): Buffer {
  try {
    if (frameLength(stored, 0) !== stored.length) throw new Error('not exactly one zstd frame')
    return zstdDecompressSync(stored, { chunkSize: 256 * 1024, maxOutputLength: limitBytes })
  } catch (error) {
    throw new AppError('repository_damaged', {
      message: `A repository object cannot be decompressed: ${error instanceof Error ? error.message : String(error)}.`,
      hint: 'Run `orchive verify --all` to see what is affected.',
      cause: error,
    })
  }
}

/** Where a frame lies in a file of frames back to back. */
export interface FramePlace {
  offset: number
  length: number
}

/** Every frame of a buffer that holds whole frames back to back; throws `frame_damaged` at the first byte that is none. */
export function splitFrames(buffer: Uint8Array): FramePlace[] {
  const places: FramePlace[] = []
  for (let offset = 0; offset < buffer.length; ) {
    const length = frameLength(buffer, offset)
    places.push({ offset, length })
    offset += length
  }
  return places
}

/**
 * Bytes of the zstd frame that starts at `offset`, found by walking its header and blocks (RFC 8878 §3.1.1) without decompressing.
 * Throws `frame_damaged` when it is no frame or runs past the end of the buffer.
 */
export function frameLength(buffer: Uint8Array, offset: number): number {
  const view = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength)
  if (offset + 6 > view.length || view.readUInt32LE(offset) !== MAGIC) throw damaged(`has no zstd frame at byte ${offset}`)
  const descriptor = view[offset + 4]!
  const singleSegment = (descriptor & 0x20) !== 0
  const contentSizeFlag = descriptor >> 6
  const contentSizeBytes = contentSizeFlag === 0 ? (singleSegment ? 1 : 0) : 1 << contentSizeFlag
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!
  let at = offset + 5 + (singleSegment ? 0 : 1) + dictionaryBytes + contentSizeBytes
  for (;;) {
    if (at + 3 > view.length) throw damaged(`is cut short at byte ${view.length}`)
    const header = view.readUIntLE(at, 3)
    const type = (header >> 1) & 3
    if (type === 3) throw damaged(`has a reserved block at byte ${at}`)
    at += 3 + (type === 1 ? 1 : header >> 3)
    if (header & 1) break
  }
  if (descriptor & 4) at += 4
  if (at > view.length) throw damaged(`is cut short at byte ${view.length}`)
  return at - offset
}

/** Uncompressed bytes that the header of the frame at `offset` names; null when it names none. */
export function frameContentBytes(buffer: Uint8Array, offset: number): number | null {
  const view = Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength)
  const descriptor = view[offset + 4]!
  const singleSegment = (descriptor & 0x20) !== 0
  const at = offset + 5 + (singleSegment ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!
  switch (descriptor >> 6) {
    case 0:
      return singleSegment ? view[at]! : null
    case 1:
      return view.readUInt16LE(at) + 256
    case 2:
      return view.readUInt32LE(at)
    default:
      return Number(view.readBigUInt64LE(at))
  }
}

/** A gzip stream for `.tar.gz` exports: no name and no time, so that equal archives give equal files. */
export function createGzipStream(): Gzip {
  return createGzip({ level: 6, chunkSize: 64 * 1024 })
}

/** Reads `.tar.gz` back, for tests and imports. */
export const createGunzipStream = createGunzip

function damaged(what: string, cause?: unknown): AppError {
  return new AppError('frame_damaged', {
    message: `A stored frame ${what}.`,
    hint: 'Run `orchive verify --all` to see which archives are affected.',
    cause,
  })
}
