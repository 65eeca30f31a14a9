import { expect, test } from 'vitest'
import { isCron, pathLikeness, storeOf, stringValues, valueAt, withoutCredentials } from './config-values.ts'

test.each([
  ['customDir', './notes', 'certain'],
  ['cache_path', 'var/cache', 'certain'],
  ['feeds.storePath', 'feeds.json', 'certain'],
  ['anything', '../shared/x', 'certain'],
  ['healthEndpoint', '/health', 'maybe'],
  ['model', 'vendor/name', 'maybe'],
  ['profile', 'default', 'no'],
  ['logsDir', '', 'no'],
  ['ingestUrl', 'https://example.com/a/b', 'no'],
  ['basePath', 'https://example.com/', 'no'],
  ['nightlySchedule', '*/5 * * * *', 'no'],
  ['digestPath', '0 6 * * MON-FRI', 'no'],
  ['store', 'mongodb://u:p@db/x', 'no'],
  ['prompt', 'first line\nsecond/line', 'no'],
])('%s = %j reads like a path: %s', (key, text, likeness) => {
  expect(pathLikeness(key, text)).toBe(likeness)
})

test.each(['0 23 * * *', '*/15 * * * *', '0 0 1,15 * ?', '0 6 * * MON-FRI', '@daily'])('%s is cron', (text) =>
  expect(isCron(text)).toBe(true),
)
test.each(['./a b c d e', 'one two three four five', '/etc/cron.daily'])('%s is not cron', (text) => expect(isCron(text)).toBe(false))

test('values inside objects and lists are reached by dotted keys, a real key with dots first', () => {
  const json = { a: { b: './x', list: ['./y'] }, 'a.b': './z' }
  expect([...stringValues(json).keys()]).toEqual(['a.b', 'a.list.0'])
  expect(valueAt(json, 'a.b')).toBe('./z')
  expect(valueAt(json, 'a.list.0')).toBe('./y')
  expect(valueAt(json, 'toString')).toBeUndefined()
})

test('stores are named and credentials are not', () => {
  expect(storeOf('mongodb+srv://user:p%40ss@cluster.example/db?x=y')).toBe('MongoDB')
  expect(storeOf('REDIS://h')).toBe('Redis')
  expect(storeOf('https://h')).toBeNull()
  expect(withoutCredentials('mongodb://user:p@ss/w@db.example:27017/orch?authSource=admin')).not.toContain('ss')
  expect(withoutCredentials('mongodb://user:secret@db.example:27017/orch?password=secret')).toBe('mongodb://db.example:27017/orch')
  expect(withoutCredentials('./a@b')).toBe('./a@b')
})
