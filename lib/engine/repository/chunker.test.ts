import { createCipheriv, createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { GEAR, LOOSE_MASK, MAX_CHUNK, MEAN_CHUNK, MIN_CHUNK, nextCut, STRICT_MASK } from './chunker.ts'

/** The definition, byte by byte. */
function plainCut(bytes: Uint8Array, start: number, end: number, last: boolean): number {
  const gear = GEAR
  let hash = 0
  for (let i = start; i < end; i++) {
    hash = ((hash << 1) + gear[bytes[i]!]!) | 0
    const size = i + 1 - start
    if (size > MIN_CHUNK && (hash & (size <= MEAN_CHUNK ? STRICT_MASK : LOOSE_MASK)) === 0) return i + 1
    if (size === MAX_CHUNK) return i + 1
  }
  return last ? end : -1
}

/** Deterministic bytes that look random: AES-128-CTR over zeros, keyed by the seed's SHA-256. */
function noise(seed: string, length: number): Buffer {
  const key = createHash('sha256').update(seed).digest()
  return createCipheriv('aes-128-ctr', key.subarray(0, 16), key.subarray(16)).update(Buffer.alloc(length))
}

const cutsOf = (bytes: Uint8Array, cut = nextCut) => {
  const cuts: number[] = []
  for (let at = 0; at < bytes.length; at = cuts.at(-1)!) cuts.push(cut(bytes, at, bytes.length, true))
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
    expect(nextCut(bytes, at, cut - 1, false)).toBe(-1)
    for (const end of [cut, cut + 1, cut + 100_000]) expect(nextCut(bytes, at, end, false)).toBe(cut)
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
