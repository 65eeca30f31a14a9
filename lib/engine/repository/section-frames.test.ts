import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatEntryLine } from '../entry.ts'
import { idText } from './index-lines.ts'
import { visitFrames } from './section-frames.ts'

const frameId = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'))
const name = fc.string({ minLength: 1, unit: 'grapheme' }).map((text) => text.replace(/[\t\n]/g, '_'))

function framesOf(text: string): string[] {
  const seen: string[] = []
  visitFrames(Buffer.from(text), (id) => seen.push(idText(id, 0)))
  return seen
}

test('the frames of every line are met in their order, whatever else the lines hold', () => {
  const line = fc.record({ path: name, frames: fc.array(frameId, { maxLength: 4 }), linkTarget: fc.option(name) })
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      const attributes = { type: 'symlink', sizeBytes: 0, mtimeNs: -1n, mode: 0o644, uid: 0, gid: 4_294_967_295, sha256: null } as const
      const text = lines.map((one) => `${formatEntryLine({ ...attributes, ...one })}\n`).join('')
      expect(framesOf(text)).toEqual(lines.flatMap(({ frames }) => frames))
    }),
  )
})

const ID = 'ab'.repeat(32)
const HEAD = `f\t1\t0.000000000\t644\t0\t0\t${ID}\t`

test.each([
  ['ends before its frames', 'f\t1\t0.000000000\t644\n'],
  ['has a frame that is cut off', `${HEAD}${ID.slice(1)}\t-\tpath\n`],
  ['has a frame with other digits', `${HEAD}${ID.toUpperCase()}\t-\tpath\n`],
  ['has one digit too many', `${HEAD}${ID}0\t-\tpath\n`],
  ['ends in a comma', `${HEAD}${ID},\t-\tpath\n`],
  ['ends in its frames', `${HEAD}${ID}`],
  ['has no newline', `${HEAD}${ID}\t-\tpath`],
])('a line that %s is refused and named', (_, line) => {
  expect(() => framesOf(line)).toThrow(
    expect.objectContaining({ code: 'repository_damaged', message: expect.stringContaining(line.slice(0, 8)) }),
  )
})
