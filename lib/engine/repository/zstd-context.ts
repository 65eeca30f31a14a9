/**
 * zstd contexts that are kept between calls. Node's one-shot functions make and clear a context a call, which for a file of a few KB takes three
 * times as long as the compression itself, and a quarter of the time for a segment of 1.5 MB (docs/adr/0002). A stream's own handle does one whole
 * frame in one synchronous call; it is no public API, so it is tried against the public one first, and without it callers fall back to that.
 * Only frame.ts uses this.
 */
import { constants, createZstdCompress, createZstdDecompress, type ZstdOptions, zstdCompressSync } from 'node:zlib'

interface Handle {
  writeSync(flush: number, input: Uint8Array, inAt: number, inBytes: number, output: Uint8Array, outAt: number, outBytes: number): void
}

interface Stream {
  destroyed: boolean
  on(event: 'error', listener: () => void): unknown
  _handle?: Partial<Handle>
  /** Output bytes free and input bytes unread after a call. */
  _writeState?: Uint32Array
}

/** One (de)compression of a whole frame into `output` from `outAt` on; returns the bytes written, or -1 when it did not work out. */
export type FrameCall = (input: Uint8Array, output: Uint8Array, outAt: number) => number

/** Room that a compressed frame may need (ZSTD_COMPRESSBOUND of zstd.h). */
export function compressBound(rawBytes: number): number {
  return rawBytes + (rawBytes >>> 8) + (rawBytes < 128 * 1024 ? (128 * 1024 - rawBytes) >>> 11 : 0) + 64
}

/** A compressor of this level with content size and checksum; null where Node does not let us. */
export function keptCompressor(level: number): FrameCall | null {
  const call = kept(() => createZstdCompress(compressOptions(level)) as unknown as Stream, constants.ZSTD_e_end)
  if (call === null) return null
  const output = Buffer.alloc(compressBound(SAMPLE.length))
  for (let round = 0; round < 2; round++) {
    const length = call(SAMPLE, output, 0)
    const expected = zstdCompressSync(SAMPLE, { ...compressOptions(level), pledgedSrcSize: SAMPLE.length })
    if (length < 0 || !output.subarray(0, length).equals(expected)) return null
  }
  return call
}

/** A decompressor of single frames; null where Node does not let us. */
export function keptDecompressor(): FrameCall | null {
  const call = kept(() => createZstdDecompress() as unknown as Stream, constants.ZSTD_e_continue)
  if (call === null) return null
  const frame = zstdCompressSync(SAMPLE)
  const output = Buffer.alloc(SAMPLE.length)
  for (let round = 0; round < 2; round++) {
    if (call(frame, output.fill(0), 0) !== SAMPLE.length || !output.equals(SAMPLE)) return null
  }
  return call
}

/** Compression parameters of every frame. */
export function compressOptions(level: number): ZstdOptions {
  return {
    params: {
      [constants.ZSTD_c_compressionLevel]: level,
      [constants.ZSTD_c_checksumFlag]: 1,
      [constants.ZSTD_c_contentSizeFlag]: 1,
    },
  }
}

const SAMPLE = Buffer.from('{"level":"info","message":"orchive orchive orchive"}\n'.repeat(7))

/** A context is made at the first call, and again after one that failed: what state it is in is unknown then. */
function kept(make: () => Stream, flush: number): FrameCall | null {
  let stream: Stream | null = null
  const start = (): Stream | null => {
    const next = make()
    next.on('error', () => {})
    return typeof next._handle?.writeSync === 'function' && next._writeState instanceof Uint32Array ? next : null
  }
  if ((stream = start()) === null) return null
  return (input, output, outAt) => {
    stream ??= start()!
    const room = output.length - outAt
    stream._handle!.writeSync!(flush, input, 0, input.length, output, outAt, room)
    const [free, unread] = stream._writeState!
    if (!stream.destroyed && unread === 0) return room - free!
    stream = null
    return -1
  }
}
