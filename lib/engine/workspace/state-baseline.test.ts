import { expect, test } from 'vitest'
import { addTasks, sampleState } from '#test/builders/sample-state.ts'
import { baselineOf, compareBaseline, measureJson } from './state-baseline.ts'

const NOW = Date.UTC(2026, 9, 1)
const measure = (value: unknown) => measureJson(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value, null, 2)))
const codes = (before: unknown, now: unknown) =>
  compareBaseline(baselineOf(measure(before)), measure(now), 'state.json').map((finding) => finding.code)

test('a state is measured by size and the length of each top-level list', () => {
  const text = JSON.stringify({ a: [1, 2, 3], b: [], c: { d: [1] }, e: 5 })
  expect(measureJson(Buffer.from(text))).toEqual({ ok: true, error: null, sizeBytes: text.length, lists: { a: 3, b: 0 } })
})

test('ordinary days raise nothing, queues running empty included', () => {
  const state = sampleState(300, 7, NOW)
  for (let day = 1; day < 12; day++) {
    const before = measure({ ...state, pendingDocChanges: ['a', 'b'], redditQueue: [1] })
    addTasks(state, 40, 7 + day, NOW + day * 86_400_000, 86_400_000)
    expect(compareBaseline(baselineOf(before), measure(state), 'state.json')).toEqual([])
  }
})

test('every proper beginning of a state is torn, an empty file too', () => {
  const text = JSON.stringify(sampleState(2, 1, NOW), null, 2)
  for (let i = 0; i < text.length; i += 97) {
    expect(compareBaseline(null, measure(text.slice(0, i)), 'state.json')).toMatchObject([
      { severity: 'warning', code: 'state_torn', path: 'state.json' },
    ])
  }
})

test('a new beginning written over an old end is invalid, with its place', () => {
  const findings = compareBaseline(null, measure('{"a": 1}\n "b": 2}'), 'state.json')
  expect(findings).toMatchObject([{ code: 'state_invalid', message: expect.stringContaining('line 2, column 2') }])
})

test('a state whose lists are all empty or gone was reset, and shrank', () => {
  const full = sampleState(50, 3, NOW)
  expect(codes(full, sampleState(0, 3, NOW))).toEqual(['state_reset', 'state_shrunk'])
  expect(codes(full, {})).toEqual(['state_reset', 'state_shrunk'])
  expect(codes({ approvals: [1, 2] }, { approvals: [], padding: 'as long as before, or longer' })).toEqual(['state_reset'])
})

test('half the size is suspect, a little more is not', () => {
  const before = { note: 'x'.repeat(1000), taskHistory: [1] }
  expect(codes(before, { note: 'x'.repeat(300), taskHistory: [1] })).toEqual(['state_shrunk'])
  expect(codes(before, { note: 'x'.repeat(700), taskHistory: [1] })).toEqual([])
})

test('a history that empties or halves is suspect, a queue or a short unknown list is not', () => {
  const before = {
    taskExecutions: Array(40).fill(1),
    incidentLedger: [1, 2],
    redditQueue: [1, 2, 3],
    active: [1, 2],
    known: Array(12).fill(0),
    pad: 'x'.repeat(2000),
  }
  expect(codes(before, { ...before, incidentLedger: [] })).toEqual(['state_list_emptied'])
  expect(codes(before, { ...before, taskExecutions: Array(20).fill(1) })).toEqual(['state_list_shrunk'])
  expect(codes(before, { ...before, redditQueue: [], active: [] })).toEqual([])
  expect(codes(before, { ...before, known: [] })).toEqual(['state_list_emptied'])
})

test('a first archive has nothing to compare with', () => {
  expect(compareBaseline(null, measure(sampleState(0, 1, NOW)), 'state.json')).toEqual([])
})

test('a list named like a method of objects is a list', () => {
  expect(codes({ constructor: Array(50).fill(1), a: [1], pad: 'x'.repeat(500) }, { a: [1], pad: 'x'.repeat(500) })).toEqual([
    'state_list_emptied',
  ])
})
