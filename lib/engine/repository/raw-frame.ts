/**
 * Heads as zstd frames written by hand (RFC 8878): raw and run-length blocks only. Heads are mostly zero bytes, so this is small, many
 * times faster than the compressor, and the same bytes on every version of zstd. They carry no zstd checksum: every read of ours checks the
 * frame's id, the SHA-256 of these bytes, and for everybody else the tar header's own checksum covers them.
 */

const MAGIC = 0xfd2fb528
/** Single segment, content size in 4 bytes, no checksum. */
const DESCRIPTOR = 0x80 | 0x20
const HEADER_BYTES = 9
/** A run of one byte this long or longer is worth a block of its own (a block costs 3 bytes, so does ending one). */
const WORTHWHILE_RUN = 8
const MAX_BLOCK = 128 * 1024
const RAW = 0
const RUN = 1

/** One zstd frame of `raw` from raw and RLE blocks, with its content size. */
export function encodeRawFrame(raw: Uint8Array): Buffer {
  const out = new BlockWriter(raw)
  let rawFrom = 0
  let at = 0
  while (at < raw.length) {
    const byte = raw[at]
    const limit = Math.min(raw.length, at + MAX_BLOCK)
    let end = at + 1
    while (end < limit && raw[end] === byte) end++
    if (end - at >= WORTHWHILE_RUN) {
      out.copy(rawFrom, at)
      out.run(at, end)
      rawFrom = end
    }
    at = end
  }
  out.copy(rawFrom, raw.length)
  return out.finish()
}

/** Room that the frame may need: a block header for each block, two blocks for a worthwhile run. */
const frameBound = (rawBytes: number) => HEADER_BYTES + 3 + rawBytes + 6 * Math.ceil(rawBytes / WORTHWHILE_RUN)

let scratch = Buffer.alloc(frameBound(16 * 512))

class BlockWriter {
  private readonly raw: Uint8Array
  private readonly frame: Buffer
  private at = HEADER_BYTES
  private lastBlock = HEADER_BYTES

  constructor(raw: Uint8Array) {
    this.raw = raw
    const bound = frameBound(raw.length)
    if (scratch.length < bound) scratch = Buffer.allocUnsafeSlow(bound)
    this.frame = scratch
    this.frame.writeUInt32LE(MAGIC, 0)
    this.frame[4] = DESCRIPTOR
    this.frame.writeUInt32LE(raw.length, 5)
  }

  /** Raw blocks of what lies between two places. */
  copy(from: number, to: number): void {
    for (let start = from; start < to; start += MAX_BLOCK) {
      const end = Math.min(to, start + MAX_BLOCK)
      this.block(RAW, end - start)
      this.frame.set(this.raw.subarray(start, end), this.at)
      this.at += end - start
    }
  }

  /** A block that repeats the byte at `from` up to `to`. */
  run(from: number, to: number): void {
    this.block(RUN, to - from)
    this.frame[this.at++] = this.raw[from]!
  }

  /** The frame, its last block marked as such. */
  finish(): Buffer {
    if (this.at === HEADER_BYTES) this.block(RAW, 0)
    this.frame[this.lastBlock]! |= 1
    return Buffer.from(this.frame.subarray(0, this.at))
  }

  private block(type: number, size: number): void {
    this.lastBlock = this.at
    this.frame.writeUIntLE((size << 3) | (type << 1), this.at, 3)
    this.at += 3
  }
}
