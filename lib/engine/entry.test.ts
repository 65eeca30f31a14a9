import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytesToText } from '#lib/base/path-text.ts'
import { type Entry, formatEntryLine, formatMtime, isTimeAlone, mtimesEqual, parseEntryLine, parseMtime } from './entry.ts'

const hash = fc.stringMatching(/^[0-9a-f]{64}$/)
const path = fc.uint8Array({ minLength: 1, maxLength: 40 }).map(bytesToText)
const mtimeNs = fc.bigInt({ min: -(10n ** 19n), max: 10n ** 20n })
const attributes = {
  path,
  mtimeNs,
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.integer({ min: 0, max: 0xffffffff }),
  gid: fc.integer({ min: 0, max: 0xffffffff }),
  frames: fc.array(hash, { maxLength: 4 }),
}
const nothing = { sizeBytes: fc.constant(0), sha256: fc.constant(null), linkTarget: fc.constant(null) }
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ ...attributes, ...nothing, type: fc.constant('file' as const), sizeBytes: fc.maxSafeNat(), sha256: hash }),
  fc.record({ ...attributes, ...nothing, type: fc.constant('dir' as const) }),
  fc.record({ ...attributes, ...nothing, type: fc.constantFrom('symlink' as const, 'hardlink' as const), linkTarget: path }),
)

test('any entry comes back from its line, which is one line', () => {
  fc.assert(
    fc.property(entry, (entry) => {
      const line = formatEntryLine(entry)
      expect(line).not.toContain('\n')
      expect(parseEntryLine(line)).toEqual(entry)
    }),
    { numRuns: 1000 },
  )
})

test('a line reads as documented', () => {
  const id = 'ab'.repeat(32)
  const file: Entry = {
    path: 'logs/run-0.jsonl',
    type: 'file',
    sizeBytes: 12,
    mtimeNs: 1_763_949_600_000_000_001n,
    mode: 0o644,
    uid: 1000,
    gid: 100,
    sha256: id,
    frames: [id, id],
    linkTarget: null,
  }
  expect(formatEntryLine(file)).toBe(`f\t12\t1763949600.000000001\t644\t1000\t100\t${id}\t${id},${id}\t-\tlogs/run-0.jsonl`)
  const link: Entry = { ...file, type: 'symlink', sizeBytes: 0, sha256: null, frames: [id], linkTarget: '-', path: 'logs/latest' }
  expect(formatEntryLine(link)).toBe(`l\t0\t1763949600.000000001\t644\t1000\t100\t-\t${id}\t-\tlogs/latest`)
  expect(parseEntryLine(formatEntryLine(link))).toEqual(link)
})

test('a file of many frames is read like any other', () => {
  const frames = Array.from({ length: 200_000 }, () => '0f'.repeat(32))
  const file: Entry = {
    path: 'logs/huge',
    type: 'file',
    sizeBytes: 3e11,
    mtimeNs: 0n,
    mode: 0o644,
    uid: 0,
    gid: 0,
    sha256: frames[0]!,
    frames,
    linkTarget: null,
  }
  expect(parseEntryLine(formatEntryLine(file)).frames.length).toBe(200_000)
})

test('a line with a broken field is refused and named', () => {
  const id = '0f'.repeat(32)
  const fields = ['f', '12', '1763949600.000000001', '644', '1000', '100', id, `${id},${id}`, '-', 'a']
  expect(parseEntryLine(fields.join('\t')).path).toBe('a')
  const broken: [number, string][] = [
    [0, 'x'],
    [1, '-1'],
    [1, '1e3'],
    [1, '9007199254740992'],
    [2, '1763949600'],
    [2, '1763949600.1'],
    [3, '648'],
    [3, '17777'],
    [4, ''],
    [5, 'root'],
    [6, '-'],
    [6, id.toUpperCase()],
    [7, `${id},`],
    [7, id.slice(1)],
    [9, ''],
    [9, 'a\tb'],
  ]
  for (const [field, text] of broken) {
    const line = fields.with(field, text).join('\t')
    expect(() => parseEntryLine(line), line).toThrow(expect.objectContaining({ code: 'repository_damaged' }))
  }
  expect(() => parseEntryLine(fields.with(0, 'd').join('\t'))).toThrow('cannot be read')
  expect(() => parseEntryLine('')).toThrow('cannot be read')
})

test('times before 1970 keep their nanoseconds', () => {
  expect(formatMtime(-1n)).toBe('-0.000000001')
  expect(formatMtime(-1_500_000_000n)).toBe('-1.500000000')
  expect(parseMtime('-0.000000001')).toBe(-1n)
  fc.assert(fc.property(mtimeNs, (ns) => parseMtime(formatMtime(ns)) === ns))
  for (const text of ['', '1', '1.5', '+1.000000000', '1.0000000000', '1e3.000000000']) expect(() => parseMtime(text)).toThrow()
})

test('times less than a microsecond apart are equal', () => {
  expect(mtimesEqual(0n, 999n)).toBe(true)
  expect(mtimesEqual(999n, 0n)).toBe(true)
  expect(mtimesEqual(0n, 1000n)).toBe(false)
  expect(mtimesEqual(-500n, 500n)).toBe(false)
})

test('two lines differ in time alone exactly when nothing else but their frames does', () => {
  const base: Entry = {
    path: 'logs/a b',
    type: 'file',
    sizeBytes: 12,
    mtimeNs: 5n,
    mode: 0o644,
    uid: 1,
    gid: 2,
    sha256: 'a'.repeat(64),
    frames: ['1'.repeat(64), '2'.repeat(64)],
    linkTarget: null,
  }
  const line = formatEntryLine(base)
  const later = { ...base, mtimeNs: 1_700_000_000_000_000_000n, frames: ['3'.repeat(64), '2'.repeat(64)] }
  expect(isTimeAlone(line, formatEntryLine(later))).toBe(true)
  const others: Partial<Entry>[] = [
    { sizeBytes: 13 },
    { sizeBytes: 123 },
    { mode: 0o600 },
    { uid: 11 },
    { gid: 0 },
    { sha256: 'b'.repeat(64) },
  ]
  for (const other of others) {
    expect(isTimeAlone(line, formatEntryLine({ ...later, ...other })), JSON.stringify(other)).toBe(false)
    expect(isTimeAlone(formatEntryLine({ ...later, ...other }), line)).toBe(false)
  }
  const link: Entry = { ...base, type: 'symlink', sizeBytes: 0, sha256: null, frames: ['1'.repeat(64)], linkTarget: 'a' }
  expect(isTimeAlone(formatEntryLine(link), formatEntryLine({ ...link, mtimeNs: 6n }))).toBe(true)
  expect(isTimeAlone(formatEntryLine(link), formatEntryLine({ ...link, mtimeNs: 6n, linkTarget: 'b' }))).toBe(false)
  expect(isTimeAlone(formatEntryLine(link), formatEntryLine({ ...link, type: 'hardlink' }))).toBe(false)
})
