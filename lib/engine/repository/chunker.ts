/**
 * Content-defined chunking with a gear hash (Xia et al., "FastCDC", USENIX ATC 2016): `h = (h << 1) + GEAR[byte]` over 32 bits, zeroed
 * at each cut. A cut falls after a byte at which the top bits of `h` are zero; the mask is stricter before the mean size and looser after
 * it (normalised chunking), which keeps sizes near the mean.
 */
import { createHash } from 'node:crypto'

/** Content up to this size is one segment. */
export const SMALL_LIMIT = 128 * 1024
export const MIN_CHUNK = 512 * 1024
export const MEAN_CHUNK = 1024 * 1024
export const MAX_CHUNK = 4 * 1024 * 1024
/** 21 bits before the mean, 19 after. */
export const STRICT_MASK = 0xfffff800 | 0
export const LOOSE_MASK = 0xffffe000 | 0

/** 256 signed words (signed, so that the engine keeps them as machine integers): the first four bytes, little endian, of SHA-256("orchive gear " + decimal index). */
export const GEAR: Int32Array = Int32Array.from({ length: 256 }, (_, i) =>
  createHash('sha256').update(`orchive gear ${i}`).digest().readInt32LE(0),
)

/**
 * Where the chunk that starts at `start` ends, looking at no more than `end`: a cut position after `start`, or -1 when the bytes up to
 * `end` hold no cut yet and more may follow. With `last` the end of the content is itself a cut.
 */
export function nextCut(bytes: Uint8Array, start: number, end: number, last: boolean): number {
  const size = end - start
  const limit = start + Math.min(size, MAX_CHUNK)
  const mean = Math.min(limit, start + MEAN_CHUNK)
  const gear = GEAR
  let hash = 0
  // The hash forgets a byte after 32 more, so it may start 32 bytes before the first place that may cut.
  let i = start + Math.min(size, MIN_CHUNK - 32)
  const first = Math.min(limit, start + MIN_CHUNK)
  for (; i < first; i++) hash = ((hash << 1) + gear[bytes[i] as number]!) | 0
  for (; i < mean; i++) {
    hash = ((hash << 1) + gear[bytes[i] as number]!) | 0
    if ((hash & STRICT_MASK) === 0) return i + 1
  }
  for (; i < limit; i++) {
    hash = ((hash << 1) + gear[bytes[i] as number]!) | 0
    if ((hash & LOOSE_MASK) === 0) return i + 1
  }
  if (size >= MAX_CHUNK) return limit
  return last ? end : -1
}
