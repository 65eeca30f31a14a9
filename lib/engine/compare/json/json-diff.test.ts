import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffJson, isEqualDiff } from './json-diff.ts'
import { canonicalJson, isSameJson, type Json } from './json-value.ts'

const task = (id: number, more: Record<string, Json> = {}): Json => ({ id: `tsk_${id}`, type: 'drift-repair', status: 'done', ...more })
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => i + from)

test('records are told apart by their id: added, lost and changed by field, whatever their order', () => {
  const before = { taskHistory: [task(1), task(2, { status: 'queued', result: null }), task(3)] }
  const after = { taskHistory: [task(3), task(4), task(2, { status: 'done', result: { certs: 6 } })] }
  const { lists, values } = diffJson(before, after)
  expect(values).toEqual([])
  expect(lists).toHaveLength(1)
  const [list] = lists
  expect(list).toMatchObject({ key: 'taskHistory', identity: 'id', lengthBefore: 3, lengthAfter: 3 })
  expect(list!.added.map(({ id, title }) => [id, title])).toEqual([['tsk_4', 'drift-repair']])
  expect(list!.lost.map(({ id }) => id)).toEqual(['tsk_1'])
  expect(list!.changed.map(({ id, fields }) => [id, fields])).toEqual([
    [
      'tsk_2',
      [
        { path: 'status', before: 'queued', after: 'done' },
        { path: 'result', before: null, after: { certs: 6 } },
      ],
    ],
  ])
})

test('the field that tells records apart is found from the data: one that repeats is passed over', () => {
  const runs = (status: string) => range(0, 4).map((n) => ({ taskId: `t${n >> 1}`, idempotencyKey: `k${n}`, status }))
  expect(diffJson({ taskExecutions: runs('a') }, { taskExecutions: runs('b') }).lists[0]).toMatchObject({ identity: 'idempotencyKey' })
  const approvals = [{ taskId: 'a', approvalId: '1' }]
  expect(diffJson({ approvals }, { approvals: [] }).lists[0]).toMatchObject({ identity: 'approvalId' })
})

test('records that nothing tells apart are compared by all of their content, equal ones counted', () => {
  const [list] = diffJson({ seen: ['a', 'a', 'b'] }, { seen: ['b', 'a', 'c'] }).lists
  expect(list).toMatchObject({ identity: null, changed: [] })
  expect(list!.lost.map(({ before }) => before)).toEqual(['a'])
  expect(list!.added.map(({ after }) => after)).toEqual(['c'])
})

test('records that a capped list dropped for new ones are older than the cap, not lost', () => {
  const before = { workflowEvents: range(0, 300).map((n) => task(n)) }
  const capped = diffJson(before, { workflowEvents: range(40, 340).map((n) => task(n)) }).lists[0]!
  expect([capped.added.length, capped.lost.length, capped.olderThanCap]).toEqual([40, 0, 40])
  const newestFirst = { workflowEvents: range(0, 300).map((n) => task(300 - n)) }
  const front = diffJson(newestFirst, { workflowEvents: range(0, 300).map((n) => task(310 - n)) }).lists[0]!
  expect([front.added.length, front.lost.length, front.olderThanCap]).toEqual([10, 0, 10])
  const holed = diffJson(before, {
    workflowEvents: range(0, 340)
      .filter((n) => n % 7 !== 3 || n > 299)
      .map((n) => task(n)),
  }).lists[0]!
  expect(holed.olderThanCap).toBe(0)
  expect(holed.lost.length).toBeGreaterThan(0)
})

test('members of a config are named by their path; keys that are names of Object.prototype are only keys', () => {
  const before = JSON.parse('{"digest": {"maxItems": 10, "a.b": 1}, "logsDir": "./logs", "__proto__": {"x": 1}}')
  const after = JSON.parse('{"digest": {"maxItems": 12, "a.b": 2}, "stateFile": "./s.json", "__proto__": {"x": 2}}')
  expect(diffJson(before, after).values).toEqual([
    { path: 'digest.maxItems', before: 10, after: 12 },
    { path: 'digest.a\\.b', before: 1, after: 2 },
    { path: 'logsDir', before: './logs', after: undefined },
    { path: '__proto__.x', before: 1, after: 2 },
    { path: 'stateFile', before: undefined, after: './s.json' },
  ])
})

test('lists that are the same are named, so that “same” can be told from “not looked at”', () => {
  expect(diffJson({ a: [1], b: [{ id: 1 }] }, { a: [1], b: [] }).sameLists).toEqual(['a'])
})

const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>

test('a value has no difference from its copy, with keys in any order; two that differ have one', () => {
  fc.assert(
    fc.property(json, json, (a, b) => {
      expect(isEqualDiff(diffJson(a, JSON.parse(canonicalJson(a)) as Json))).toBe(true)
      if (!isSameJson(a, b) && !isReordered(a, b)) expect(isEqualDiff(diffJson(a, b))).toBe(false)
    }),
    { numRuns: 500 },
  )
})

/** A list in another order says the same here, wherever it stands outside a record. */
function isReordered(a: Json, b: Json): boolean {
  const sorted = (value: Json): Json => {
    if (Array.isArray(value)) return [...value].map((item) => canonicalJson(item)).sort()
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, sorted(member)]))
  }
  return canonicalJson(sorted(a)) === canonicalJson(sorted(b))
}

test('every record of both sides is accounted for exactly once', () => {
  const list = fc.uniqueArray(fc.record({ id: fc.nat(40), status: fc.nat(2) }), { selector: ({ id }) => id })
  fc.assert(
    fc.property(list, list, (before, after) => {
      const found = diffJson({ before: 0, tasks: before }, { before: 0, tasks: after }).lists[0]
      if (!found) {
        expect(canonicalJson(sortedById(before))).toBe(canonicalJson(sortedById(after)))
        return
      }
      const same = before.filter((a) => after.some((b) => isSameJson(a, b))).length
      expect(found.lost.length + found.changed.length + found.olderThanCap + same).toBe(before.length)
      expect(found.added.length + found.changed.length + same).toBe(after.length)
    }),
  )
})

const sortedById = (list: { id: number; status: number }[]): Json => list.toSorted((a, b) => a.id - b.id)
