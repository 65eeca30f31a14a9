import { expect, test } from 'vitest'
import { configChangeFindings, diffConfigPaths } from './config-changes.ts'

test('changed, new and dropped keys are told with old and new path', () => {
  const changes = diffConfigPaths(
    { logsDir: '/w/logs', stateFile: '/w/s.json', old: '/w/old' },
    { logsDir: '/w/logs2', stateFile: '/w/s.json', new: '/w/new' },
  )
  expect(changes).toEqual([
    { key: 'logsDir', before: '/w/logs', after: '/w/logs2' },
    { key: 'new', before: null, after: '/w/new' },
    { key: 'old', before: '/w/old', after: null },
  ])
  expect(configChangeFindings(changes).map((f) => f.message)).toEqual([
    '`logsDir` changed since the last archive: /w/logs → /w/logs2.',
    '`new` changed since the last archive: not set → /w/new.',
    '`old` changed since the last archive: /w/old → not set.',
  ])
})

test('keys that are names of Object.prototype are compared like others', () => {
  expect(diffConfigPaths({}, { constructor: '/x' })).toEqual([{ key: 'constructor', before: null, after: '/x' }])
})
