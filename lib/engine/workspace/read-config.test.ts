import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { AppError } from '#lib/base/errors.ts'
import { withoutRootRights } from '#test/builders/without-root-rights.ts'
import { MAX_CONFIG_BYTES, readConfig } from './read-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'orchive-read-config-'))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0

function configWith(content: string | Uint8Array): string {
  const path = join(folder, `config-${count++}.json`)
  writeFileSync(path, content)
  return path
}

function failure(path: string): AppError {
  try {
    readConfig(path)
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

test('a config is read with the lines of its keys', () => {
  const config = readConfig(configWith('{\n  "logsDir": "./logs",\n  "stateFile": "./s.json"\n}\n'))
  expect(config.json).toEqual({ logsDir: './logs', stateFile: './s.json' })
  expect(Object.fromEntries(config.lines)).toEqual({ logsDir: 2, stateFile: 3 })
  expect(config.findings).toEqual([])
})

test('invalid JSON is named with file, line and column', () => {
  const path = configWith('{\n  "logsDir": "./logs"\n  "stateFile": "./s.json"\n}')
  const error = failure(path)
  expect(error.code).toBe('config_invalid')
  expect(error.message).toBe(`${path} is not valid JSON: line 3, column 3: expected a comma or \`}\`.`)
  expect(error.context).toMatchObject({ line: 3, column: 3 })
})

test.each([
  ['', 'line 1, column 1: the text ends too early'],
  ['{"a": 1', 'line 1, column 8: the text ends too early'],
  ['[1]', 'is not a JSON object'],
  ['"text"', 'is not a JSON object'],
  ['{"a": 1} // note', 'line 1, column 10: there is more text'],
  ['{"a": 1,}', 'line 1, column 9: expected a name in double quotes'],
])('%j is config_invalid', (text, message) => {
  const error = failure(configWith(text))
  expect(error.code).toBe('config_invalid')
  expect(error.message).toContain(message)
})

test('bytes that are no UTF-8 are config_invalid with their place', () => {
  const error = failure(configWith(Buffer.concat([Buffer.from('{\n "ä": "'), Buffer.from([0xff]), Buffer.from('"}')])))
  expect(error.code).toBe('config_invalid')
  expect(error.message).toContain('not valid UTF-8: line 2, column 8')
})

test('a key that stands twice: the last one counts and both lines are told', () => {
  const config = readConfig(configWith('{\n  "stateFile": "./old.json",\n  "other": 1,\n  "stateFile": "./new.json",\n  "other": 2\n}'))
  expect(config.json['stateFile']).toBe('./new.json')
  expect(config.findings).toMatchObject([
    {
      severity: 'warning',
      code: 'config_key_double',
      path: 'stateFile',
      message: expect.stringMatching(/line 2 and on line 4; the last one counts/),
    },
    { severity: 'info', code: 'config_key_double', path: 'other' },
  ])
  expect(config.lines.get('stateFile')).toBe(4)
})

test('a key spelled with escapes is the same key', () => {
  const config = readConfig(configWith('{"stateFile": "a", "state\\u0046ile": "b"}'))
  expect(config.findings).toHaveLength(1)
})

test('a byte order mark is tolerated and told', () => {
  const config = readConfig(configWith('\ufeff{"logsDir": "./logs"}'))
  expect(config.json).toEqual({ logsDir: './logs' })
  expect(config.findings).toMatchObject([{ severity: 'info', code: 'config_byte_order_mark' }])
})

test('a key named __proto__ is only a key', () => {
  const config = readConfig(configWith('{"__proto__": {"stateFile": "x"}}'))
  expect(config.json['stateFile']).toBeUndefined()
})

test('a missing config is config_missing, a folder or FIFO config_invalid, and a FIFO does not hang', () => {
  expect(failure(join(folder, 'nothing.json')).code).toBe('config_missing')
  mkdirSync(join(folder, 'folder.json'))
  expect(failure(join(folder, 'folder.json')).code).toBe('config_invalid')
  execFileSync('mkfifo', [join(folder, 'fifo.json')])
  expect(failure(join(folder, 'fifo.json')).message).toContain('is not a regular file')
})

test('a config beyond the size cap is refused unread', () => {
  const path = configWith('{}')
  truncateSync(path, MAX_CONFIG_BYTES + 1)
  expect(failure(path).message).toContain('too large')
})

test('a symlinked config is read', () => {
  symlinkSync(configWith('{"logsDir": "x"}'), join(folder, 'link.json'))
  expect(readConfig(join(folder, 'link.json')).json).toEqual({ logsDir: 'x' })
})

test('a config without read permission is io_failed', () => {
  const path = configWith('{}')
  chmodSync(folder, 0o755)
  chmodSync(path, 0)
  expect(withoutRootRights(() => failure(path))).toMatchObject({ code: 'io_failed', message: `${path} cannot be read (EACCES).` })
})
