/**
 * Heads as zstd frames written by hand (RFC 8878): raw and run-length blocks only. Heads are mostly zero bytes, so this is small, many
 * times faster than the compressor, and the same bytes on every version of zstd. They carry no zstd checksum: the frame's id, the
 * SHA-256 of these bytes, is checked at every read anyway, and XXH64 in JavaScript would cost more than all the rest.
 */

const MAGIC = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])
/** Single segment, content size in 4 bytes, no checksum. */
const DESCRIPTOR = 0x80 | 0x20
/** A run of one byte this long or longer is worth a block of its own (a block costs 3 bytes, so does ending one). */
const WORTHWHILE_RUN = 8
const MAX_BLOCK = 128 * 1024

/** One zstd frame of `raw` from raw and RLE blocks, with its content size. */
export function encodeRawFrame(raw: Buffer): Buffer {
  const blocks: { type: 0 | 1; from: number; to: number }[] = []
  let rawFrom = 0
  let at = 0
  const flushRaw = (to: number) => {
    for (let from = rawFrom; from < to; from += MAX_BLOCK) blocks.push({ type: 0, from, to: Math.min(to, from + MAX_BLOCK) })
  }
  while (at < raw.length) {
    let end = at + 1
    while (end < raw.length && raw[end] === raw[at] && end - at < MAX_BLOCK) end++
    if (end - at >= WORTHWHILE_RUN) {
      flushRaw(at)
      blocks.push({ type: 1, from: at, to: end })
      rawFrom = end
    }
    at = end
  }
  flushRaw(raw.length)
  if (blocks.length === 0) blocks.push({ type: 0, from: 0, to: 0 })
  const size = 4 + 1 + 4 + blocks.reduce((sum, block) => sum + 3 + (block.type === 1 ? 1 : block.to - block.from), 0)
  const frame = Buffer.allocUnsafe(size)
  MAGIC.copy(frame)
  frame[4] = DESCRIPTOR
  let out = frame.writeUInt32LE(raw.length, 5)
  blocks.forEach((block, i) => {
    const last = i === blocks.length - 1 ? 1 : 0
    out = frame.writeUIntLE(((block.to - block.from) << 3) | (block.type << 1) | last, out, 3)
    if (block.type === 1) frame[out++] = raw[block.from]!
    else out += raw.copy(frame, out, block.from, block.to)
  })
  return frame
}
