/**
 * Content-defined chunking with a gear hash (Xia et al., "FastCDC", USENIX ATC 2016): `h = (h << 1) + GEAR[byte]` over 32 bits, zeroed
 * at each cut. A cut falls after a byte at which the top bits of `h` are zero; the mask is stricter before the mean size and looser after
 * it (normalised chunking), which keeps sizes near the mean.
 */
import { hash } from 'node:crypto'

/** Content up to this size is one segment. */
export const SMALL_LIMIT = 128 * 1024
export const MIN_CHUNK = 512 * 1024
export const MEAN_CHUNK = 1024 * 1024
export const MAX_CHUNK = 4 * 1024 * 1024
/** 21 bits before the mean, 19 after. */
export const STRICT_MASK = 0xfffff800 | 0
export const LOOSE_MASK = 0xffffe000 | 0

/** The table of plain repositories: 256 signed words (signed, so that the engine keeps them as machine integers): the first four bytes, little endian, of SHA-256("orchive gear " + decimal index). */
export const GEAR: Int32Array = Int32Array.from({ length: 256 }, (_, i) => hash('sha256', `orchive gear ${i}`, 'buffer').readInt32LE(0))

/**
 * Where the chunk that starts at `start` ends, looking at no more than `end`: a cut position after `start`, or -1 when the bytes up to
 * `end` hold no cut yet and more may follow. With `last` the end of the content is itself a cut. `gear` is the repository's table.
 */
export function nextCut(bytes: Uint8Array, start: number, end: number, last: boolean, gear: Int32Array): number {
  const size = end - start
  const limit = start + Math.min(size, MAX_CHUNK)
  const mean = Math.min(limit, start + MEAN_CHUNK)
  const first = Math.min(limit, start + MIN_CHUNK)
  // The hash forgets a byte after 32 more, so it may start 32 bytes before the first place that may cut.
  carried = 0
  for (let i = start + Math.min(size, MIN_CHUNK - 32); i < first; i++) carried = ((carried << 1) + gear[bytes[i]!]!) | 0
  let cut = scan(bytes, first, mean, STRICT_MASK, gear)
  if (cut === -1) cut = scan(bytes, mean, limit, LOOSE_MASK, gear)
  if (cut !== -1) return cut
  if (size >= MAX_CHUNK) return limit
  return last ? end : -1
}

/** The hash between two scans of a chunk. */
let carried = 0
const isLittleEndian = new Uint8Array(Int32Array.of(1).buffer)[0] === 1

/** Goes on with `carried` from `from` to `to`; the position after the first byte that may be cut behind, or -1. */
function scan(bytes: Uint8Array, from: number, to: number, mask: number, gear: Int32Array): number {
  if (to - from < 64 || !isLittleEndian) return scanBytes(bytes, from, to, mask, gear)
  const aligned = from + ((4 - ((bytes.byteOffset + from) & 3)) & 3)
  const head = scanBytes(bytes, from, aligned, mask, gear)
  if (head !== -1) return head
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + aligned, (to - aligned) >>> 2)
  const word = scanWords(words, mask, gear)
  // The hash after a word that holds a cut is not needed: its bytes are looked at one by one.
  return scanBytes(bytes, aligned + word * 4, to, mask, gear)
}

/** Number of leading words with no cut in them; one load for four bytes makes this half again as fast as byte by byte. */
function scanWords(words: Int32Array, mask: number, gear: Int32Array): number {
  const count = words.length
  let hash = carried
  for (let i = 0; i < count; i++) {
    const four = words[i]!
    const h1 = ((hash << 1) + gear[four & 255]!) | 0
    const h2 = ((h1 << 1) + gear[(four >>> 8) & 255]!) | 0
    const h3 = ((h2 << 1) + gear[(four >>> 16) & 255]!) | 0
    const h4 = ((h3 << 1) + gear[four >>> 24]!) | 0
    if ((h1 & mask) === 0 || (h2 & mask) === 0 || (h3 & mask) === 0 || (h4 & mask) === 0) {
      carried = hash
      return i
    }
    hash = h4
  }
  carried = hash
  return count
}

function scanBytes(bytes: Uint8Array, from: number, to: number, mask: number, gear: Int32Array): number {
  let hash = carried
  for (let i = from; i < to; i++) {
    hash = ((hash << 1) + gear[bytes[i]!]!) | 0
    if ((hash & mask) === 0) return i + 1
  }
  carried = hash
  return -1
}
