import { createHmac, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { KeyedHash } from './keyed-hash.ts'

test('the same as HMAC-SHA256 for messages of any length and any parts, one after the other over the same memory', () => {
  for (const keyBytes of [0, 1, 32, 64]) {
    const key = randomBytes(keyBytes)
    const keyed = new KeyedHash(key)
    for (const lengths of [
      [0],
      [1],
      [64 * 1024],
      [64 * 1024 + 1],
      [24, 70_000],
      [70_000, 24],
      [24, 64 * 1024 - 24],
      [24, 64 * 1024 - 23],
      [3, 5, 7],
      [],
    ]) {
      const parts = lengths.map((length) => randomBytes(length))
      const expected = createHmac('sha256', key).update(Buffer.concat(parts)).digest()
      expect(keyed.digest(parts, 'hex')).toBe(expected.toString('hex'))
      expect(Buffer.from(keyed.digest(parts, 'binary'), 'latin1').equals(expected)).toBe(true)
    }
  }
})

test('a key longer than a block is refused', () => {
  expect(() => new KeyedHash(randomBytes(65))).toThrow('longer than a block')
})
