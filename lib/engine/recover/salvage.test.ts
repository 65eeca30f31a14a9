import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffJson } from '../compare/json/json-diff.ts'
import type { Json } from '../compare/json/json-value.ts'
import { mergeJson } from './merge-json.ts'
import { salvageJson } from './salvage-json.ts'

const task = (n: number, status = 'done') => ({ id: `tsk_${n}`, status, note: 'a "quoted" \\ brace } in text' })
const state = (count: number): { [key: string]: Json } => ({
  updatedAt: '2026-11-23T02:00:00Z',
  limits: { max: 5, inner: { on: true } },
  taskHistory: Array.from({ length: count }, (_, n) => task(n)),
  tail: 1,
})

test('a text cut anywhere keeps whole records only, in their order, and never more than there were', () => {
  const text = Buffer.from(JSON.stringify(state(12), null, 2))
  const all = state(12).taskHistory as unknown[]
  let most = 0
  for (let end = 0; end < text.length; end++) {
    const { value, isWhole, usedBytes } = salvageJson(text.subarray(0, end))
    expect(isWhole).toBe(false)
    expect(usedBytes).toBeLessThanOrEqual(end)
    const kept = (value as { taskHistory?: unknown[] } | null)?.taskHistory ?? []
    expect(kept).toEqual(all.slice(0, kept.length))
    expect(kept.length).toBeGreaterThanOrEqual(most)
    most = kept.length
  }
  expect(most).toBe(12)
})

test('a new beginning written over an old end keeps what is whole before the seam', () => {
  const old = JSON.stringify(state(40), null, 2)
  const fresh = JSON.stringify(state(10), null, 2)
  const torn = Buffer.from(fresh + old.slice(fresh.length))
  const { value, isWhole } = salvageJson(torn)
  expect(isWhole).toBe(false)
  expect(value).toEqual(state(10))
})

test('whatever the bytes are, salvage never throws, and a whole text is itself', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      salvageJson(bytes)
    }),
    { numRuns: 1000 },
  )
  fc.assert(
    fc.property(fc.json(), fc.nat(), (text, at) => {
      const bytes = Buffer.from(text)
      expect(salvageJson(bytes)).toMatchObject({ isWhole: true, value: JSON.parse(text) })
      const broken = Buffer.from(bytes)
      broken[at % broken.length] = 0x00
      salvageJson(broken)
    }),
    { numRuns: 500 },
  )
})

test('an empty file and one of zeros hold nothing', () => {
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(4096), Buffer.from('null and void')]) expect(salvageJson(bytes).value).toBeNull()
})

test('a merge keeps all of the good state, takes newer records over older, and adds new ones', () => {
  const good = { updatedAt: 'old', taskHistory: [task(1), task(2, 'queued')], seen: ['a', 'a'], onlyGood: { x: 1 } }
  const newer = { updatedAt: 'new', taskHistory: [task(2, 'done'), task(3)], seen: ['a', 'b'], onlyNew: [1] }
  expect(mergeJson(good, newer)).toEqual({
    updatedAt: 'new',
    taskHistory: [task(1), task(2, 'done'), task(3)],
    seen: ['a', 'a', 'b'],
    onlyGood: { x: 1 },
    onlyNew: [1],
  })
})

test('merging loses no record of either side, whatever they are', () => {
  const list = fc.uniqueArray(fc.record({ id: fc.nat(30), status: fc.nat(3) }), { selector: ({ id }) => id, maxLength: 20 })
  fc.assert(
    fc.property(list, list, (good, newer) => {
      const merged = (mergeJson({ tasks: good }, { tasks: newer }) as { tasks: Json[] }).tasks
      expect(diffJson({ tasks: newer }, { tasks: merged }).lists.flatMap(({ lost, changed }) => [...lost, ...changed])).toEqual([])
      expect(diffJson({ tasks: good }, { tasks: merged }).lists.flatMap(({ lost }) => lost)).toEqual([])
    }),
  )
})
