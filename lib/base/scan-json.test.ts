import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lineAndColumn, scanJson } from './scan-json.ts'

const bytesOf = (text: string) => Buffer.from(text)

function parses(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('accepts exactly what JSON.parse accepts, for valid texts, cut ones and damaged ones', () => {
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 6 }),
      fc.nat(),
      fc.constantFrom('', ',', '"', '}', ']', '{', '\\', '\u0001', '0', '-', '.', 'e', ' ', 'é'),
      (json, at, damage) => {
        const cut = at % (json.length + 1)
        for (const text of [
          json,
          JSON.stringify(JSON.parse(json), null, 2),
          json.slice(0, cut),
          json.slice(0, cut) + damage + json.slice(cut),
        ]) {
          if (!text.isWellFormed()) continue
          expect({ text, ok: scanJson(bytesOf(text)).error === null }).toEqual({ text, ok: parses(text) })
        }
      },
    ),
    { numRuns: 1000 },
  )
})

test.each([
  '',
  ' ',
  '-',
  '01',
  '1.',
  '.5',
  '1e',
  '+1',
  'tru',
  'nul',
  '[1,]',
  '{"a":1,}',
  '{a:1}',
  "{'a':1}",
  '"\\x"',
  '"\\u12g4"',
  '"a\nb"',
  '[1 2]',
  '{"a" 1}',
  'NaN',
  '\ufeff{}',
  '{}{}',
  '//x\n{}',
])('refuses %j as JSON.parse does', (text) => {
  expect(parses(text)).toBe(false)
  expect(scanJson(bytesOf(text)).error).not.toBeNull()
})

test('measures top-level members in order, doubles included', () => {
  const text = '{"a":[1,[2,3],{}],"b":{"x":[1],"y":2},"c":"s","a":[],"d":[ ]}'
  const members = scanJson(bytesOf(text)).members.map((m) => [text.slice(m.keyStart, m.keyEnd), m.kind, m.length])
  expect(members).toEqual([
    ['"a"', 'array', 3],
    ['"b"', 'object', 2],
    ['"c"', 'scalar', 0],
    ['"a"', 'array', 0],
    ['"d"', 'array', 0],
  ])
})

test('says where and how a text stops being JSON, in lines and characters', () => {
  const text = '{\n  "ä": 1,\n  "b" 2\n}'
  const { error } = scanJson(bytesOf(text))
  expect(error).toMatchObject({ reason: 'expected a colon after the name', isCutShort: false })
  expect(lineAndColumn(bytesOf(text), error!.offset)).toEqual({ line: 3, column: 7 })
  const sameLine = '{"äöü": x}'
  expect(lineAndColumn(bytesOf(sameLine), scanJson(bytesOf(sameLine)).error!.offset)).toEqual({ line: 1, column: 9 })
})

test('every proper beginning of an object is told apart as cut short', () => {
  const text = JSON.stringify({ list: [1, -2.5e3, true, null, 'é\\n"'], deep: { a: [[[]]] } }, null, 2)
  const bytes = bytesOf(text)
  for (let i = 0; i < bytes.length; i++) expect(scanJson(bytes.subarray(0, i)).error).toMatchObject({ isCutShort: true })
})

test('nesting of any depth does not overflow', () => {
  const depth = 200_000
  expect(scanJson(bytesOf('['.repeat(depth) + ']'.repeat(depth))).error).toBeNull()
})
