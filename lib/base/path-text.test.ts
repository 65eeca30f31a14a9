import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesToText, comparePaths, textToBytes } from './path-text.ts'

/** Bytes as names have them: mostly text of some script, now and then something that is no UTF-8, slashes and escapes among them. */
const chunk = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }).map((text) => Buffer.from(text.toWellFormed())),
  fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  fc
    .constantFrom('/', '\\', '\\x41', '\\\\', 'é', '\u{10ffff}', '\uffff', '\ue000', '\u{10000}', '\ufeff')
    .map((text) => Buffer.from(text)),
)
const someBytes = fc.array(chunk, { maxLength: 6 }).map((parts) => Buffer.concat(parts))

test('names people use read as they are', () => {
  for (const name of ['logs/run-0.jsonl', 'Übersicht/知識.json', 'a b', 'emoji 🗄', '\ufeffstarts with a mark']) {
    expect(bytesToText(Buffer.from(name))).toBe(name)
    expect(textToBytes(name)).toEqual(new Uint8Array(Buffer.from(name)))
  }
})

test('backslashes, control bytes and bytes that are no UTF-8 are escaped', () => {
  const cases: [number[], string][] = [
    [[0x61, 0x5c, 0x62], 'a\\\\b'],
    [[0x0a], '\\x0a'],
    [[0x7f], '\\x7f'],
    [[0x00], '\\x00'],
    [[0xff, 0x41], '\\xffA'],
    // An overlong slash, a surrogate half, a code point past the last one, a character cut short.
    [[0xc0, 0xaf], '\\xc0\\xaf'],
    [[0xed, 0xa0, 0x80], '\\xed\\xa0\\x80'],
    [[0xf4, 0x90, 0x80, 0x80], '\\xf4\\x90\\x80\\x80'],
    [[0xe2, 0x82], '\\xe2\\x82'],
    // A good character right after a bad byte is kept.
    [[0xe2, 0xc3, 0xa9, 0x5c, 0x09], '\\xe2é\\\\\\x09'],
  ]
  for (const [bytes, text] of cases) {
    expect(bytesToText(Uint8Array.from(bytes))).toBe(text)
    expect(textToBytes(text)).toEqual(Uint8Array.from(bytes))
  }
})

test('any bytes come back from their text form, which is printable and well-formed', () => {
  fc.assert(
    fc.property(someBytes, (bytes) => {
      const text = bytesToText(bytes)
      expect(text.isWellFormed()).toBe(true)
      expect(text).not.toMatch(/[\x00-\x1f\x7f]/)
      expect(textToBytes(text)).toEqual(new Uint8Array(bytes))
    }),
    { numRuns: 500 },
  )
})

test('one path has one text: whatever is accepted is what its bytes are written as', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[\\x0-9a-fA]{0,12}$/)), (text) => {
      const bytes = textToBytes(text)
      if (bytes !== null) expect(bytesToText(bytes)).toBe(text)
    }),
    { numRuns: 1000 },
  )
})

test('other spellings are refused', () => {
  for (const text of ['\\', 'a\\', '\\x4', '\\x41', '\\xC0', '\\n', '\\xc3\\xa9', 'a\nb', '\x7f', '\ud800', 'x\udc00y', '\\\\\ud800'])
    expect(textToBytes(text)).toBeNull()
})

/** The definition: bytes as unsigned numbers, a slash below all others, a prefix first. */
function compareRaw(a: Uint8Array, b: Uint8Array): number {
  const keys = [a, b].map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0x2f ? 0 : byte)))) as [Buffer, Buffer]
  return Buffer.compare(...keys)
}

test('paths sort as their bytes do, with a slash before everything', () => {
  // No name holds a zero byte.
  const nameBytes = someBytes.map((bytes) => bytes.filter((byte) => byte !== 0))
  fc.assert(
    fc.property(nameBytes, nameBytes, nameBytes, (prefix, a, b) => {
      const [x, y] = [Buffer.concat([prefix, a]), Buffer.concat([prefix, b])]
      expect(Math.sign(comparePaths(bytesToText(x), bytesToText(y)))).toBe(compareRaw(x, y))
    }),
    { numRuns: 1000 },
  )
})

test('a folder comes before its children, and they before a name that merely starts the same', () => {
  const paths = ['a-b', 'a/b', 'a', 'a.json', 'a/b/c', 'a/b.txt', 'b']
  expect(paths.toSorted(comparePaths)).toEqual(['a', 'a/b', 'a/b/c', 'a/b.txt', 'a-b', 'a.json', 'b'])
})
