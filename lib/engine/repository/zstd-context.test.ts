import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { compressBound, compressFrame, compressFrameInto, decompressFrame, frameContentBytes, frameLength } from './frame.ts'
import { keptCompressor, keptDecompressor } from './zstd-context.ts'

const texts = [0, 1, 511, 4096, 70_000, 1_500_000].map((length) => Buffer.alloc(length, '{"level":"info","n":12345}\n'))
const noise = [1, 4096, 300_000, 4 * 1024 * 1024 + 512].map((length) => randomBytes(length))

test('this Node lets a zstd context be kept, so that the fast way is the one taken', () => {
  expect(keptCompressor(1)).not.toBeNull()
  expect(keptDecompressor()).not.toBeNull()
})

test('frames are whole, sized and give their bytes back, in any order of sizes and levels', () => {
  for (const raw of [...texts, ...noise, ...texts.toReversed()]) {
    for (const level of [1, 3]) {
      const frame = compressFrame(raw, level)
      expect(frameLength(frame, 0)).toBe(frame.length)
      expect(frameContentBytes(frame, 0)).toBe(raw.length)
      expect(decompressFrame(frame, raw.length).equals(raw)).toBe(true)
    }
  }
})

test('a frame can be written into the middle of a larger buffer and leaves the rest alone', () => {
  const raw = noise[1]!
  const output = Buffer.alloc(compressBound(raw.length) + 100, 7)
  const length = compressFrameInto(raw, 1, output, 50)
  expect(decompressFrame(output.subarray(50, 50 + length), raw.length).equals(raw)).toBe(true)
  expect(output.subarray(0, 50).every((byte) => byte === 7)).toBe(true)
})

test('a damaged frame is refused and does not spoil the next one', () => {
  const raw = texts[4]!
  const frame = compressFrame(raw, 1)
  for (const at of [9, 20, frame.length - 1]) {
    const bad = Buffer.from(frame)
    bad[at]! ^= 0x55
    expect(() => decompressFrame(bad, raw.length)).toThrow()
    expect(decompressFrame(frame, raw.length).equals(raw)).toBe(true)
  }
  expect(() => decompressFrame(frame, raw.length - 1)).toThrow('holds 70000 bytes')
  expect(() => decompressFrame(frame, raw.length + 1)).toThrow('holds 70000 bytes')
  expect(() => decompressFrame(frame.subarray(0, -1), raw.length)).toThrow('cut short')
  expect(() => decompressFrame(Buffer.concat([frame, frame]), raw.length * 2)).toThrow('exactly one')
})
