import { expect, test } from 'vitest'
import { AppError } from '#lib/base/errors.ts'
import { normaliseMaps, type PathMap, placeOf } from './map-path.ts'

const maps: PathMap[] = [
  { from: '/workspace', to: '/opt/orch' },
  { from: '/workspace/logs', to: '/var/log/orch' },
]

test.each([
  ['/workspace/logs', '/var/log/orch'],
  ['/workspace/logs/run.jsonl', '/var/log/orch/run.jsonl'],
  ['/workspace/logs2/run.jsonl', '/opt/orch/logs2/run.jsonl'],
  ['/workspace', '/opt/orch'],
  ['/workspace/', '/opt/orch'],
  ['/workspacex/logs', '/workspacex/logs'],
  ['/workspace/../etc/logs', '/etc/logs'],
  ['/other/workspace/logs', '/other/workspace/logs'],
  ['./logs', '/conf/logs'],
  ['logs/', '/conf/logs'],
  ['../shared/state.json', '/shared/state.json'],
  ['.', '/conf'],
])('%s leads to %s: longest prefix, on component borders, relative ones from the config', (value, place) => {
  expect(placeOf(value, '/conf', maps).path).toBe(place)
})

test('a map of everything puts absolute paths under a folder', () => {
  const all = normaliseMaps([{ from: '/', to: 'host' }], '/root-of-workspace')
  expect(placeOf('/a/b', '/conf', all).path).toBe('/root-of-workspace/host/a/b')
})

test('end slashes do not matter, relative sources are refused by name', () => {
  expect(normaliseMaps([{ from: '/workspace/', to: '/opt/orch/' }], '/r')).toEqual([{ from: '/workspace', to: '/opt/orch' }])
  expect(() => normaliseMaps([{ from: 'workspace', to: '/x' }], '/r')).toThrow(AppError)
  expect(() => normaliseMaps([{ from: 'workspace', to: '/x' }], '/r')).toThrow('workspace=/x')
})
