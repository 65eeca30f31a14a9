import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainCodec } from './codec.ts'
import { compressFrame, compressObject, decompressFrame, decompressFrameInto, decompressObject } from './frame.ts'
import { frameContentBytes, frameLength, readFramePlace, splitFrames } from './frame-walk.ts'

const damaged = expect.objectContaining({ code: 'frame_damaged' })
const text = (length: number) => Buffer.alloc(length, '{"level":"info","message":"hello"}\n')
const segment = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
  fc.integer({ min: 0, max: 400_000 }).map(text),
  fc.integer({ min: 0, max: 300_000 }).map((length) => randomBytes(length)),
)
const skippable = (nibble: number, length: number) => {
  const frame = Buffer.alloc(8 + length, 7)
  frame.writeUInt32LE(0x184d2a50 + nibble, 0)
  frame.writeUInt32LE(length, 4)
  return frame
}

test('a frame is addressed by the SHA-256 of its segment', () => {
  const raw = text(5000)
  expect(plainCodec.frameId(raw)).toBe(createHash('sha256').update(raw).digest('hex'))
})

test('frames are accepted by zstd itself', () => {
  const segments = [Buffer.alloc(0), text(1), text(70_000), randomBytes(300_000)]
  const stored = Buffer.concat(segments.map((raw) => compressFrame(raw)))
  expect(execFileSync('zstd', ['-d', '-c'], { input: stored }).equals(Buffer.concat(segments))).toBe(true)
})

test('frames back to back are told apart, whoever wrote them and however', () => {
  const writers: ((raw: Buffer) => Buffer)[] = [
    (raw) => compressFrame(raw),
    (raw) => compressFrame(raw, 3),
    // Without content size and checksum, with a window descriptor; what a pipe writes.
    (raw) => zstdCompressSync(raw, { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } }),
    (raw) => zstdCompressSync(raw, { params: { [constants.ZSTD_c_checksumFlag]: 1, [constants.ZSTD_c_windowLog]: 12 } }),
    (raw) => skippable(raw.length % 16, raw.length),
  ]
  const frame = fc.tuple(segment, fc.nat({ max: writers.length - 1 })).map(([raw, writer]) => writers[writer]!(raw))
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 6 }), (frames) => {
      const places = splitFrames(Buffer.concat(frames))
      expect(places.map(({ length }) => length)).toEqual(frames.map(({ length }) => length))
      let offset = 0
      for (const place of places) {
        expect(place.offset).toBe(offset)
        offset += place.length
      }
    }),
    { numRuns: 60 },
  )
})

test('every width of content size is read, and a dictionary id stepped over', () => {
  for (const length of [0, 1, 255, 256, 65_791, 65_792, 300_000]) {
    const frame = compressFrame(text(length))
    expect(frameContentBytes(frame, 0)).toBe(length)
  }
  // Single segment, eight bytes of size, a dictionary id of 1, 2 and 4 bytes, one empty raw block.
  for (const [flag, idBytes] of [
    [1, 1],
    [2, 2],
    [3, 4],
  ] as const) {
    const size = Buffer.alloc(8)
    size.writeBigUInt64LE(12_345_678_901n)
    const frame = Buffer.concat([
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xe0 | flag]),
      Buffer.alloc(idBytes, 9),
      size,
      Buffer.from([1, 0, 0]),
    ])
    expect(readFramePlace(frame, 0)).toEqual({ offset: 0, length: frame.length, contentBytes: 12_345_678_901, isSkippable: false })
  }
})

test('a frame cut short anywhere is refused', () => {
  const frame = compressFrame(text(3000))
  for (let length = 0; length < frame.length; length++) {
    expect(() => frameLength(frame.subarray(0, length), 0), `${length}`).toThrow(damaged)
    expect(() => decompressFrame(frame.subarray(0, length), 3000), `${length}`).toThrow(damaged)
  }
  expect(() => frameLength(skippable(3, 10).subarray(0, 17), 0)).toThrow(damaged)
})

test('a frame with any bit flipped is refused', () => {
  const raw = randomBytes(200)
  const frame = compressFrame(raw)
  for (let bit = 0; bit < frame.length * 8; bit++) {
    const bad = Buffer.from(frame)
    bad[bit >> 3]! ^= 1 << (bit & 7)
    // A few header bits change how a frame is described, not what it holds; nothing else may pass.
    let raw_: Buffer | null = null
    try {
      raw_ = decompressFrame(bad, raw.length)
    } catch (error) {
      expect(error).toEqual(damaged)
    }
    if (raw_) expect(raw_.equals(raw), `bit ${bit}`).toBe(true)
  }
})

test('what is not exactly one frame of the size it should have is refused', () => {
  const frame = compressFrame(text(3000))
  const refused: [Buffer, number][] = [
    [frame, 2999],
    [frame, 3001],
    [frame, 0],
    [Buffer.concat([frame, Buffer.from([0])]), 3000],
    [Buffer.concat([frame, frame]), 3000],
    [Buffer.concat([frame, skippable(0, 4)]), 3000],
    [skippable(0, 4), 0],
    [zstdCompressSync(text(3000), { params: { [constants.ZSTD_c_contentSizeFlag]: 0 } }), 3000],
    [Buffer.alloc(0), 0],
    [Buffer.from('not a frame'), 11],
  ]
  for (const [stored, rawBytes] of refused) {
    expect(() => decompressFrame(stored, rawBytes)).toThrow(damaged)
    expect(() => decompressFrameInto(stored, rawBytes, Buffer.alloc(4000))).toThrow(damaged)
  }
})

test('reserved header bits, reserved blocks and blocks over 128 KiB are refused', () => {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 8, 0])
  const block = (type: number, size: number) => {
    const bytes = Buffer.alloc(3)
    bytes.writeUIntLE((size << 3) | (type << 1) | 1, 0, 3)
    return bytes
  }
  expect(() => frameLength(Buffer.concat([header, block(1, 128 * 1024), Buffer.alloc(1)]), 0)).not.toThrow()
  expect(() => frameLength(Buffer.concat([header, block(1, 128 * 1024 + 1), Buffer.alloc(1)]), 0)).toThrow('larger than any may be')
  expect(() => frameLength(Buffer.concat([header, block(3, 1), Buffer.alloc(1)]), 0)).toThrow('reserved block')
  const reserved = Buffer.from(header)
  reserved[4]! |= 0x08
  expect(() => frameLength(Buffer.concat([reserved, block(1, 1), Buffer.alloc(1)]), 0)).toThrow('unknown kind')
})

test('a frame that claims an impossible size is refused before memory is taken for it', () => {
  const huge = Buffer.alloc(8)
  huge.writeBigUInt64LE(1n << 45n)
  const frame = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xe0]), huge, Buffer.from([1, 0, 0])])
  expect(() => decompressFrame(frame, 2 ** 45)).toThrow(damaged)
})

test('objects come back whole, and are refused when damaged or larger than allowed', () => {
  const raw = text(100_000)
  const stored = compressObject(raw)
  expect(decompressObject(stored, 100_000).equals(raw)).toBe(true)
  for (const bad of [stored.subarray(0, -1), Buffer.concat([stored, stored]), Buffer.from('x')])
    expect(() => decompressObject(bad, 100_000)).toThrow(expect.objectContaining({ code: 'repository_damaged' }))
  expect(() => decompressObject(stored, 99_999)).toThrow(expect.objectContaining({ code: 'repository_damaged' }))
})

test('why nothing unwalked may reach Node: it reads the first of two frames and says nothing of the second', () => {
  expect(zstdDecompressSync(Buffer.concat([compressFrame(text(10)), compressFrame(text(20))])).length).toBe(10)
})
