import { expect, test } from 'vitest'
import { decodeCursor, encodeCursor, pageLimit } from './cursor.ts'

test('a cursor gives its key back, to its own list only', () => {
  const cursor = encodeCursor('jobs', ['2026-01-01T00:00:00.000Z', 'job_1'])
  expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/)
  expect(decodeCursor('jobs', cursor, ['string', 'string'])).toEqual(['2026-01-01T00:00:00.000Z', 'job_1'])
  expect(() => decodeCursor('audit', cursor, ['string', 'string'])).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  expect(decodeCursor('jobs', null, ['string'])).toBeNull()
})

test('anything that is no cursor of this list is invalid_input', () => {
  const forged = [
    '',
    'x',
    '%%%',
    'a'.repeat(40_000),
    Buffer.from('{}').toString('base64url'),
    Buffer.from('["audit"]').toString('base64url'),
    Buffer.from('["audit","text"]').toString('base64url'),
    Buffer.from('["audit",1.5]').toString('base64url'),
    Buffer.from('["audit",1,2]').toString('base64url'),
    Buffer.from('["audit",null]').toString('base64url'),
  ]
  for (const cursor of forged)
    expect(() => decodeCursor('audit', cursor, ['number'])).toThrow(expect.objectContaining({ code: 'invalid_input' }))
})

test('a page limit is cut to the most, and has to be a whole number above 0', () => {
  expect(pageLimit(undefined, 50, 500)).toBe(50)
  expect(pageLimit(10_000, 50, 500)).toBe(500)
  for (const limit of [0, -1, 1.5, Number.NaN])
    expect(() => pageLimit(limit, 50, 500)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
})
