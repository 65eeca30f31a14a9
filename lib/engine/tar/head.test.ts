import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isAppError } from '#lib/base/errors.ts'
import { bytesToText } from '#lib/base/path-text.ts'
import { plainCodec } from '../repository/codec.ts'
import { BLOCK, encodeHead, type HeadInput, paddingOf } from './head.ts'
import { parseHead } from './tar-reader.ts'

const base: HeadInput = {
  path: 'logs/run-0.jsonl',
  type: 'file',
  sizeBytes: 12,
  mtimeNs: 1_763_949_600_000_000_000n,
  mode: 0o644,
  uid: 1000,
  gid: 100,
  linkTarget: null,
}

/** The pax records of a head as text, one a line; null when it has no pax header. */
function paxOf(head: Buffer): string[] | null {
  if (head[156] !== 0x78) return null
  const size = Number.parseInt(head.toString('latin1', 124, 135), 8)
  return head
    .toString('latin1', BLOCK, BLOCK + size)
    .trimEnd()
    .split('\n')
}
const field = (head: Buffer, at: number, bytes: number) =>
  head.toString('latin1', head.length - BLOCK + at, head.length - BLOCK + at + bytes)

test('heads stay the same bytes, forever: the vectors of the format', () => {
  const head = encodeHead(base)
  expect(head.length).toBe(BLOCK)
  const text = head.toString('latin1').replaceAll('\0', '.')
  const expected = [
    'logs/run-0.jsonl'.padEnd(100, '.'),
    '0000644.0001750.0000144.00000000014.15110736040.010776. 0',
    '.'.repeat(100),
    'ustar.00',
  ].join('')
  expect(text).toBe(expected.padEnd(BLOCK, '.'))
  const sums = [base, { ...base, mtimeNs: base.mtimeNs + 1n }, { ...base, path: 'Übersicht' }].map((entry) =>
    plainCodec.frameId(encodeHead(entry)),
  )
  expect(sums).toEqual([
    '549609d2f4cfe2444b180a0bef42315c5ce12448808ea7f7bcce0638c70a67b2',
    '761e701fc9c2f111f03b2a5e2e9d78a0aa793013a88928de49f92804f3df6641',
    '439e5c087c0dd785be2243b58e70e8cb8730f84f475f8629451d37c4af865ee2',
  ])
})

test('nanoseconds, and times before 1970, stand in a pax record', () => {
  expect(paxOf(encodeHead({ ...base, mtimeNs: base.mtimeNs + 1n }))).toEqual(['30 mtime=1763949600.000000001'])
  expect(paxOf(encodeHead({ ...base, mtimeNs: base.mtimeNs + 120_000_000n }))).toEqual(['23 mtime=1763949600.12'])
  expect(paxOf(encodeHead({ ...base, mtimeNs: -1_500_000_000n }))).toEqual(['14 mtime=-1.5'])
  expect(paxOf(encodeHead({ ...base, mtimeNs: -1n }))).toEqual(['22 mtime=-0.000000001'])
  expect(paxOf(encodeHead({ ...base, mtimeNs: 0n }))).toBeNull()
})

test('sizes over 8 GiB and ids over 2,097,151 stand in pax records', () => {
  expect(paxOf(encodeHead({ ...base, sizeBytes: 8 * 1024 ** 3 - 1, uid: 2_097_151 }))).toBeNull()
  expect(paxOf(encodeHead({ ...base, sizeBytes: 8 * 1024 ** 3, uid: 2_097_152, gid: 4_294_967_294 }))).toEqual([
    '19 size=8589934592',
    '15 uid=2097152',
    '18 gid=4294967294',
  ])
})

test('long names are split between the ustar fields where they can be, else stand in a pax record', () => {
  const folder = 'f'.repeat(99)
  const fits = encodeHead({ ...base, path: `${folder}/${'n'.repeat(100)}` })
  expect(paxOf(fits)).toBeNull()
  expect(field(fits, 345, 155)).toBe(folder.padEnd(155, '\0'))
  expect(field(fits, 0, 100)).toBe('n'.repeat(100))
  const noSlash = 'n'.repeat(101)
  expect(paxOf(encodeHead({ ...base, path: noSlash }))).toEqual([`111 path=${noSlash}`])
  const longPrefix = `${'p'.repeat(156)}/n`
  expect(paxOf(encodeHead({ ...base, path: longPrefix }))).toEqual([`168 path=${longPrefix}`])
  const deep = Array.from({ length: 40 }, () => 'folder').join('/')
  expect(paxOf(encodeHead({ ...base, path: deep }))).toEqual([`${deep.length + 10} path=${deep}`])
})

test('a folder has a slash at its end, which counts for its length', () => {
  const head = encodeHead({ ...base, type: 'dir', sizeBytes: 0, path: 'd'.repeat(99) })
  expect(field(head, 0, 100)).toBe(`${'d'.repeat(99)}/`)
  expect(field(head, 156, 1)).toBe('5')
  const longer = 'd'.repeat(100)
  expect(paxOf(encodeHead({ ...base, type: 'dir', sizeBytes: 0, path: longer }))).toEqual([`111 path=${longer}/`])
})

test('names in UTF-8 stand in a pax record; bytes that are none do only where the fields are too short, marked as binary', () => {
  const utf8 = Buffer.from('ä').toString('latin1')
  expect(paxOf(encodeHead({ ...base, path: 'ä' }))).toEqual([`11 path=${utf8}`])
  const bad = encodeHead({ ...base, path: 'a\\xff' })
  expect(paxOf(bad)).toBeNull()
  expect(field(bad, 0, 3)).toBe('a\xff\0')
  const long = `${'n'.repeat(120)}\\xff`
  expect(paxOf(encodeHead({ ...base, path: long }))).toEqual(['21 hdrcharset=BINARY', `${120 + 1 + 10} path=${'n'.repeat(120)}\xff`])
  const link = encodeHead({ ...base, type: 'symlink', sizeBytes: 0, path: 'ä', linkTarget: long })
  expect(paxOf(link)).toEqual(['21 hdrcharset=BINARY', `11 path=${utf8}`, `${120 + 1 + 14} linkpath=${'n'.repeat(120)}\xff`])
})

test('UTF-8 that is not in normal form C is kept as bytes, lest bsdtar composes it into another name', () => {
  const composed = '\u00e9'
  const decomposed = 'e\u0301'
  expect(paxOf(encodeHead({ ...base, path: composed }))).toHaveLength(1)
  expect(paxOf(encodeHead({ ...base, path: decomposed }))).toBeNull()
  expect(paxOf(encodeHead({ ...base, path: decomposed.repeat(40) }))![0]).toBe('21 hdrcharset=BINARY')
})

test('links carry no content, and long targets stand in a pax record', () => {
  const target = 't'.repeat(101)
  const symlink = encodeHead({ ...base, type: 'symlink', sizeBytes: 0, linkTarget: target })
  expect(paxOf(symlink)).toEqual([`115 linkpath=${target}`])
  expect(field(symlink, 156, 1)).toBe('2')
  const hardlink = encodeHead({ ...base, type: 'hardlink', sizeBytes: 0, linkTarget: 'logs/other' })
  expect(field(hardlink, 156, 12)).toBe('1logs/other\0')
  expect(field(hardlink, 124, 11)).toBe('00000000000')
})

test('the length of a pax record counts its own digits', () => {
  for (let length = 101; length < 1200; length++) {
    const [record] = paxOf(encodeHead({ ...base, path: 'n'.repeat(length) }))!
    expect(Number(record!.split(' ')[0])).toBe(record!.length + 1)
  }
})

test('a text that is no text form is refused', () => {
  for (const path of ['a\\', 'a\nb', '\\x41'])
    expect(() => encodeHead({ ...base, path })).toThrow(expect.objectContaining({ code: 'path_unsafe' }))
})

const nameBytes = fc.uint8Array({ minLength: 1, maxLength: 30 }).map((bytes) => bytes.map((byte) => (byte === 0 ? 1 : byte)))
const path = fc
  .array(
    fc.oneof(
      nameBytes,
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).map((text) => Buffer.from(text.replaceAll('\0', '_'))),
    ),
    {
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((names) => names.map((name) => bytesToText(name).replaceAll('/', '_')).join('/'))
const attributes = {
  path,
  mtimeNs: fc.bigInt({ min: -(10n ** 19n), max: 10n ** 20n }),
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.integer({ min: 0, max: 0xffffffff }),
  gid: fc.integer({ min: 0, max: 0xffffffff }),
  sizeBytes: fc.constant(0),
  linkTarget: fc.constant(null),
}
const anyHead: fc.Arbitrary<HeadInput> = fc.oneof(
  fc.record({ ...attributes, type: fc.constant('file' as const), sizeBytes: fc.maxSafeNat() }),
  fc.record({ ...attributes, type: fc.constant('dir' as const) }),
  fc.record({ ...attributes, type: fc.constantFrom('symlink' as const, 'hardlink' as const), linkTarget: path }),
)

test('whatever a head was made from can be read back from it', () => {
  fc.assert(
    fc.property(anyHead, (entry) => {
      const head = encodeHead(entry)
      expect(head.length % BLOCK).toBe(0)
      expect(parseHead(head)).toEqual(entry)
    }),
    { numRuns: 1000 },
  )
})

test('a head with any bit flipped is refused, or says something else where it names the entry', () => {
  const entries: HeadInput[] = [base, { ...base, path: 'ä', mtimeNs: 1n }]
  for (const entry of entries) {
    const head = encodeHead(entry)
    for (let at = 0; at < head.length; at++) {
      const bad = Buffer.from(head)
      bad[at]! ^= 1 << (at % 8)
      expect(readingOf(bad), `byte ${at}`).not.toEqual(entry)
    }
    for (const cut of [0, 1, 511, head.length - 1]) expect(readingOf(head.subarray(0, cut))).toBe('frame_damaged')
  }
})

function readingOf(head: Buffer): HeadInput | string {
  try {
    return parseHead(head)
  } catch (error) {
    return isAppError(error) ? error.code : String(error)
  }
}

test('content is padded to whole blocks', () => {
  expect([0, 1, 511, 512, 513, 8 * 1024 ** 3 + 1].map(paddingOf)).toEqual([0, 511, 1, 0, 511, 511])
})
