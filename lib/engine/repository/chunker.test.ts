import { createCipheriv, createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GEAR, LOOSE_MASK, MAX_CHUNK, MEAN_CHUNK, MIN_CHUNK, nextCut, STRICT_MASK } from './chunker.ts'

/** The definition, byte by byte. (Constants are taken out of their module once: a look-up a byte would take most of the time.) */
function plainCut(bytes: Uint8Array, start: number, end: number, last: boolean): number {
  const [gear, min, mean, max, strict, loose] = [GEAR, MIN_CHUNK, MEAN_CHUNK, MAX_CHUNK, STRICT_MASK, LOOSE_MASK]
  let hash = 0
  for (let i = start; i < end; i++) {
    hash = ((hash << 1) + gear[bytes[i]!]!) | 0
    const size = i + 1 - start
    if (size > min && (hash & (size <= mean ? strict : loose)) === 0) return i + 1
    if (size === max) return i + 1
  }
  return last ? end : -1
}

/** Deterministic bytes that look random: AES-128-CTR over zeros, keyed by the seed's SHA-256. */
function noise(seed: string, length: number): Buffer {
  const key = createHash('sha256').update(seed).digest()
  return createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16)).update(Buffer.alloc(length))
}

const cutsOf = (bytes: Uint8Array, cut: typeof nextCut = nextCut) => {
  const cuts: number[] = []
  for (let at = 0; at < bytes.length; at = cuts.at(-1)!) cuts.push(cut(bytes, at, bytes.length, true, GEAR))
  return cuts
}

test('cuts stay where they are, forever: the vectors of the format', () => {
  expect(Array.from(GEAR.subarray(0, 4))).toEqual([231411551, -960437690, 525674667, 533227214])
  expect(cutsOf(noise('vector', 6_000_000))).toEqual([1_909_800, 3_125_331, 5_018_709, 6_000_000])
  expect(cutsOf(Buffer.alloc(9_000_000))).toEqual([MAX_CHUNK, MAX_CHUNK * 2, 9_000_000])
})

test('cuts are those of the plain definition, wherever the bytes lie in memory', () => {
  const bytes = noise('offsets', 9_000_000)
  for (const skip of [1, 2, 3, 4]) {
    const part = bytes.subarray(skip)
    expect(cutsOf(part)).toEqual(cutsOf(part, plainCut))
  }
})

test('more bytes to come move no cut', () => {
  const bytes = noise('window', 7_000_000)
  const whole = cutsOf(bytes)
  let at = 0
  for (const cut of whole.slice(0, -1)) {
    expect(nextCut(bytes, at, cut - 1, false, GEAR)).toBe(-1)
    for (const end of [cut, cut + 1, cut + 100_000]) expect(nextCut(bytes, at, end, false, GEAR)).toBe(cut)
    at = cut
  }
})

test('an insertion near the front moves only the cuts around it', () => {
  const bytes = noise('insert', 20_000_000)
  const changed = Buffer.concat([bytes.subarray(0, 1_000_000), Buffer.from('something new'), bytes.subarray(1_000_000)])
  const before = new Set(cutsOf(bytes))
  const kept = cutsOf(changed).filter((cut) => before.has(cut - 13))
  expect(kept.length).toBeGreaterThan(before.size - 4)
})

test('cuts do not depend on how the bytes are fed, for any content', () => {
  // Runs and noise mixed: what logs and databases look like.
  const run = fc.tuple(fc.nat({ max: 255 }), fc.integer({ min: 1, max: 700_000 }))
  const part = fc.oneof(
    run.map(([byte, length]) => Buffer.alloc(length, byte)),
    fc.tuple(fc.string(), fc.integer({ min: 1, max: 2_000_000 })).map(([seed, length]) => noise(seed, length)),
  )
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), fc.integer({ min: 300_000, max: 1_500_000 }), (parts, step) => {
      const bytes = Buffer.concat(parts)
      const fed: number[] = []
      let at = 0
      for (let end = Math.min(step, bytes.length); at < bytes.length; end = Math.min(bytes.length, end + step)) {
        for (let cut = 0; at < bytes.length && (cut = nextCut(bytes, at, end, end === bytes.length, GEAR)) !== -1; ) fed.push((at = cut))
      }
      expect(fed).toEqual(cutsOf(bytes))
    }),
    { numRuns: 15 },
  )
})

test('no chunk is larger than the limit, none but the last smaller than the least, and the mean is between 1 and 2 MiB', () => {
  const bytes = noise('sizes', 60_000_000)
  const cuts = cutsOf(bytes)
  const sizes = cuts.map((cut, i) => cut - (cuts[i - 1] ?? 0))
  expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_CHUNK)
  expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(MIN_CHUNK)
  const mean = bytes.length / sizes.length
  expect(mean).toBeGreaterThan(1024 * 1024)
  expect(mean).toBeLessThan(2 * 1024 * 1024)
})
