import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ADDRESSES } from './addresses.ts'
import { ENDPOINTS, type Endpoint } from './endpoints.ts'
import { sampleInput } from './sample-input.ts'

const endpoints = Object.entries(ENDPOINTS) as [string, Endpoint][]

test('each endpoint has a sample that it takes: examples are made of them, and the tries of who may do what', () => {
  const refused = endpoints.filter(([, { input }]) => !input.safeParse(sampleInput(input)).success).map(([name]) => name)
  expect(refused).toEqual([])
})

test('no two endpoints have the same method and path', () => {
  const places = endpoints.map(([, { method, path }]) => `${method} ${path}`)
  expect(new Set(places).size).toBe(places.length)
})

test('callers know each endpoint by its method and path', () => {
  expect(ADDRESSES).toEqual(Object.fromEntries(endpoints.map(([name, { method, path }]) => [name, `${method} ${path}`])))
})

test('what the pages can do, the API can', () => {
  const actions = [...readFileSync('app/actions.ts', 'utf8').matchAll(/^export const (\w+) = action\(/gm)].map(([, name]) => name!)
  expect(actions.length).toBeGreaterThan(25)
  // Named by what it makes.
  const nameOf = (action: string) => (action === 'proposeRetention' ? 'propose' : action)
  expect(actions.filter((action) => !(nameOf(action) in ENDPOINTS))).toEqual([])
})
