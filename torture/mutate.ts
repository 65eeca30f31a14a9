import type { Random } from './attack.ts'

/** Values that parsers stumble over. */
const EDGES = [0, 1, 0x0a, 0x20, 0x2e, 0x2f, 0x7f, 0x80, 0xfe, 0xff]
const TEXTS = [
  '../',
  '/',
  '\0',
  '\n',
  '\t',
  '\\x',
  '%00',
  '-1',
  '99999999999999999999',
  '1e999',
  'null',
  '{"__proto__":',
  '[[[[',
  '\u2028',
  '\xff\xfe',
  '',
]

/** One input made of a good one (and of another, to splice with) by a few random changes. */
export function mutate(good: Buffer, other: Buffer, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(good)
  for (let left = 1 + random.below(4); left > 0; left--) bytes = changeOnce(bytes, other, random)
  return bytes
}

function changeOnce(bytes: Buffer, other: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1)
  const length = Math.min(bytes.length - at, 1 + random.below(random.chance(0.8) ? 16 : 4096))
  const around = (middle: Uint8Array) => Buffer.concat([bytes.subarray(0, at), middle, bytes.subarray(at + length)])
  switch (random.below(9)) {
    case 0:
      if (at < bytes.length) bytes[at]! ^= 1 << random.below(8)
      return bytes
    case 1:
      if (at < bytes.length) bytes[at] = random.pick(EDGES)
      return bytes
    case 2:
      return bytes.subarray(0, at)
    case 3:
      return around(Buffer.alloc(0))
    case 4:
      return around(Buffer.alloc(length, random.pick(EDGES)))
    case 5:
      return around(Buffer.concat([bytes.subarray(at, at + length), bytes.subarray(at, at + length)]))
    case 6:
      return around(Buffer.from(random.pick(TEXTS), 'latin1'))
    case 7: {
      const from = random.below(other.length + 1)
      return around(other.subarray(from, from + length))
    }
    default:
      return Buffer.concat([bytes, other.subarray(0, random.below(Math.min(other.length, 600) + 1))])
  }
}
