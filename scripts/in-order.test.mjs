import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { InOrder } from './in-order.mjs'

test('of parts at the same time the first is told as it goes, the next ones whole and in their order', () => {
  const stream = new PassThrough({ encoding: 'utf8' })
  const order = new InOrder(stream)
  const [a, b, c] = ['a', 'b', 'c'].map((title) => order.open(title))
  c.write('c1\n')
  a.write('a1\n')
  expect(stream.read()).toBe('\n── a\na1\n')
  c.end('c is over')
  b.write('b1\n')
  expect(stream.read()).toBeNull()
  a.end('a is over')
  expect(stream.read()).toBe('a is over\n\n── b\nb1\n')
  b.end('b is over')
  expect(stream.read()).toBe('b is over\n\n── c\nc1\nc is over\n')
})
