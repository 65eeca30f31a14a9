import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { FrameIndex, type FrameLocation, sharedHas, sharedRawBytes } from './frame-index.ts'

const idOf = (value: number) => createHash('sha256').update(String(value)).digest('hex')
const locationOf = (value: number): FrameLocation => ({
  pack: `packs/${value % 7}`,
  offset: value * 10,
  storedBytes: value + 1,
  rawBytes: value * 3,
})
const lineOf = (value: number) => {
  const { offset, storedBytes, rawBytes } = locationOf(value)
  return `${idOf(value)} ${offset} ${storedBytes} ${rawBytes}\n`
}

test('of 300,000 ids each is found where it was put, and no other', () => {
  const index = new FrameIndex()
  const count = 300_000
  for (let i = 0; i < count; i++) index.add(idOf(i), locationOf(i))
  expect(index.size).toBe(count)
  const wrong: number[] = []
  for (let i = 0; i < count; i++) if (index.get(idOf(i))?.offset !== locationOf(i).offset) wrong.push(i)
  for (let i = count; i < count + 50_000; i++) if (index.has(idOf(i))) wrong.push(i)
  expect(wrong).toEqual([])
  for (let i = 0; i < count; i += 997) expect(index.get(idOf(i))).toEqual(locationOf(i))
  expect([...index.packNames].sort()).toEqual(['packs/0', 'packs/1', 'packs/2', 'packs/3', 'packs/4', 'packs/5', 'packs/6'])
})

test('ids are compared whole: such that differ in one digit are different, wherever it is', () => {
  const index = new FrameIndex()
  const base = idOf(1)
  index.add(base, locationOf(1))
  const near = Array.from(base, (digit, at) => base.slice(0, at) + (digit === '0' ? '1' : '0') + base.slice(at + 1))
  for (const id of near) expect([index.has(id), index.get(id)]).toEqual([false, null])
  for (const [i, id] of near.entries()) index.add(id, locationOf(i + 2))
  for (const [i, id] of near.entries()) expect(index.get(id)).toEqual(locationOf(i + 2))
  expect(index.get(base)).toEqual(locationOf(1))
})

test('ids with the same beginning, which all want the same place, are kept apart', () => {
  const index = new FrameIndex()
  const ids = Array.from({ length: 3000 }, (_, i) => `00000000${idOf(i).slice(8)}`)
  for (const [i, id] of ids.entries()) index.add(id, locationOf(i))
  for (const [i, id] of ids.entries()) expect(index.get(id)).toEqual(locationOf(i))
})

test('the first location of an id stays', () => {
  const index = new FrameIndex()
  expect(index.add(idOf(1), locationOf(1))).toBe(true)
  expect(index.add(idOf(1), locationOf(2))).toBe(false)
  expect(index.addLines('packs/9', Buffer.from(lineOf(1)), 0)).toBe(true)
  expect(index.get(idOf(1))).toEqual(locationOf(1))
  expect(index.size).toBe(1)
})

test('offsets and sizes up to 4 GiB are kept exactly', () => {
  const index = new FrameIndex()
  const most = { pack: 'p', offset: 0xffffffff, storedBytes: 0xfffffffe, rawBytes: 0x80000000 }
  index.add(idOf(1), most)
  index.addLines('p', Buffer.from(`${idOf(2)} 4294967295 4294967294 2147483648\n`), 0)
  expect(index.get(idOf(1))).toEqual(most)
  expect(index.get(idOf(2))).toEqual(most)
})

test('lines of an index object give the same table as adding one by one', () => {
  const index = new FrameIndex()
  const values = Array.from({ length: 5000 }, (_, i) => i * 7)
  const header = 'orchive-index 1 data\n'
  expect(index.addLines('packs/0', Buffer.from(header + values.map(lineOf).join('')), header.length)).toBe(true)
  for (const value of values) expect(index.get(idOf(value))).toEqual(locationOf(value))
  expect(index.size).toBe(5000)
})

test.each([
  ['a line cut short', (line: string) => line.slice(0, -3)],
  ['no newline at the end', (line: string) => line.slice(0, -1)],
  ['a digit that is none', (line: string) => `g${line.slice(1)}`],
  ['a capital', (line: string) => `A${line.slice(1)}`],
  ['two spaces', (line: string) => line.replace(' ', '  ')],
  ['a number missing', (line: string) => line.replace(/ \d+\n/, '\n')],
  ['a number too many', (line: string) => line.replace('\n', ' 1\n')],
  ['a sign', (line: string) => line.replace(' ', ' -')],
  ['a number past 4 GiB', (line: string) => line.replace(/ \d+\n/, ' 4294967296\n')],
])('lines with %s add nothing at all', (_, damage) => {
  const index = new FrameIndex()
  const text = [lineOf(1), lineOf(2), damage(lineOf(3)), lineOf(4)].join('')
  expect(index.addLines('packs/0', Buffer.from(text), 0)).toBe(false)
  expect([index.size, index.has(idOf(1)), index.packNames]).toEqual([0, false, []])
})

test('another thread sees the frames that were there when it got the table', () => {
  const index = new FrameIndex()
  for (let i = 0; i < 600; i++) index.add(idOf(i), locationOf(i))
  const { shared } = index
  const scratch = new Uint32Array(8)
  for (let i = 600; i < 5000; i++) index.add(idOf(i), locationOf(i))
  for (let i = 0; i < 600; i++) {
    expect(sharedHas(shared, idOf(i), scratch)).toBe(true)
    expect(sharedRawBytes(shared, idOf(i), scratch)).toBe(locationOf(i).rawBytes)
  }
  expect(sharedHas(shared, idOf(9999), scratch)).toBe(false)
  expect(sharedRawBytes(shared, idOf(9999), scratch)).toBe(null)
  expect(shared.slots.buffer).toBeInstanceOf(SharedArrayBuffer)
})
