import { chmodSync, chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '#lib/base/errors.ts'
import { hostWorkspaceOf, readHostConfig } from './host-config.ts'

let home: string
let path: string
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'orchive-host-')))
  path = join(home, 'orchive.config.json')
})
afterEach(() => rmSync(home, { recursive: true }))

const RUNTIME = { stop: ['systemctl', 'stop', 'orchestrator'], start: ['/usr/bin/systemctl', 'start', 'orchestrator'] }

const write = (value: unknown) => writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value), { mode: 0o600 })
const writeRuntime = (more: Record<string, unknown>) => write({ workspaces: { prod: { runtime: { ...RUNTIME, ...more } } } })

async function failure(at = path): Promise<AppError> {
  const error = await readHostConfig(at).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof AppError) return error
  throw error ?? new Error('nothing was thrown')
}

test('no file, an empty one and an empty object configure nothing', async () => {
  expect(await readHostConfig(path)).toEqual({ path, isThere: false, workspaces: {} })
  for (const text of ['', ' \n', '{}', '\ufeff{"workspaces": {}}']) {
    write(text)
    expect(await readHostConfig(path)).toEqual({ path, isThere: true, workspaces: {} })
  }
})

test('every field is read, and those left out have their defaults', async () => {
  write({
    workspaces: {
      prod: {
        runtime: {
          ...RUNTIME,
          rebuild: ['docker', 'compose', '-f', '/srv/compose.yaml', 'up', '-d', '--build', 'orchestrator'],
          health: { url: 'http://127.0.0.1:3312/health', expect: { status: 'healthy' } },
          stateReads: ['http://127.0.0.1:3312/api/persistence/health'],
          process: { match: 'node .*orchestrator\\.js' },
        },
        maps: [{ from: '/workspace', to: '/opt/orchestrator' }],
        drill: { command: ['/usr/local/bin/drill'] },
      },
      ws_0123456789abcdef: {},
    },
  })
  const config = await readHostConfig(path)
  expect(hostWorkspaceOf(config, { id: 'ws_0000000000000000', name: 'prod' })).toMatchObject({
    runtime: {
      stopTimeoutSeconds: 30,
      startTimeoutSeconds: 60,
      health: { url: 'http://127.0.0.1:3312/health', timeoutSeconds: 5, expect: { status: 'healthy' } },
    },
    maps: [{ from: '/workspace', to: '/opt/orchestrator' }],
    drill: { timeoutSeconds: 120 },
  })
  expect(hostWorkspaceOf(config, { id: 'ws_0123456789abcdef', name: 'other' })).toEqual({ maps: [] })
  expect(hostWorkspaceOf(config, { id: 'ws_0000000000000000', name: 'toString' })).toBeNull()
  expect(() => hostWorkspaceOf(config, { id: 'ws_0123456789abcdef', name: 'prod' })).toThrow(/names the workspace prod twice/)
})

test('text that is not JSON is refused with its line and column', async () => {
  write('{\n  "workspaces": {\n    "prod": { "runtime": oops }\n  }\n}')
  const error = await failure()
  expect(error).toMatchObject({ code: 'host_config_invalid', context: { line: 3, column: 26 } })
  expect(error.message).toContain('line 3, column 26')
})

describe('mistakes are named with their path', () => {
  const at = 'workspaces.prod.runtime'
  test.each<[string, () => void, string[]]>([
    ['a list for the file', () => write([]), ['The file is a list; an object is expected.']],
    ['a wrong top key', () => write({ workspace: {} }), ['workspace is not a key Orchive knows. Did you mean "workspaces"?']],
    ['a mistyped verb', () => writeRuntime({ strat: ['x'] }), [`${at}.strat is not a key Orchive knows. Did you mean "start"?`]],
    ['a foreign key', () => write({ workspaces: { prod: { environment: {} } } }), ['Known here: runtime, maps, drill.']],
    ['a missing verb', () => write({ workspaces: { prod: { runtime: { stop: ['x'] } } } }), [`${at}.start is missing.`]],
    [
      'a command as one text',
      () => writeRuntime({ stop: 'systemctl stop "my unit"' }),
      [`${at}.stop: commands are lists of words, never one text; write ["systemctl", "stop", "my unit"].`],
    ],
    ['a command for a shell', () => writeRuntime({ stop: 'a && b' }), ['write ["sh", "-c", "a && b"].']],
    ['an empty command', () => writeRuntime({ restart: [] }), [`${at}.restart: the list is empty`]],
    ['a relative command', () => writeRuntime({ restart: ['./stop.sh'] }), [`${at}.restart[0]: the first word is neither`]],
    ['a word that is a number', () => writeRuntime({ restart: ['sleep', 5] }), [`${at}.restart[1] is a number; a text is expected.`]],
    ['a NUL in a word', () => writeRuntime({ restart: ['a', 'b\0'] }), [`${at}.restart[1]: a word with a NUL`]],
    ['a time as text', () => writeRuntime({ stopTimeoutSeconds: '30' }), [`${at}.stopTimeoutSeconds is a text; a number is expected.`]],
    ['no time', () => writeRuntime({ stopTimeoutSeconds: 0 }), [`${at}.stopTimeoutSeconds is not more than 0.`]],
    ['a year of time', () => writeRuntime({ startTimeoutSeconds: 31_536_000 }), [`${at}.startTimeoutSeconds is more than 86400.`]],
    [
      'an address that is none',
      () => writeRuntime({ health: { url: 'localhost:3312/health' } }),
      [`${at}.health.url: it is not an http://`],
    ],
    ['a password', () => writeRuntime({ stateReads: ['http://a:b@x/'] }), [`${at}.stateReads[0]: it holds a user or password`]],
    ['a mistyped inner key', () => writeRuntime({ health: { url: 'http://x/', timeout: 5 } }), [`${at}.health.timeout is not a key`]],
    [
      'an object to expect',
      () => writeRuntime({ health: { url: 'http://x/', expect: { a: {} } } }),
      [`${at}.health.expect.a is an object; a text,`],
    ],
    ['a bad expression', () => writeRuntime({ process: { match: '(' } }), [`${at}.process.match: it is not a regular expression.`]],
    ['an expression that matches all', () => writeRuntime({ process: { match: '' } }), [`${at}.process.match: it is empty`]],
    ['a relative pid file', () => writeRuntime({ process: { pidFile: 'x.pid' } }), [`${at}.process.pidFile: it is not an absolute path.`]],
    ['both kinds of process', () => writeRuntime({ process: { match: 'x', pidFile: '/x' } }), [`${at}.process: exactly one of`]],
    ['no kind of process', () => writeRuntime({ process: {} }), [`${at}.process: exactly one of`]],
    [
      'maps',
      () =>
        write({
          workspaces: {
            'my ws': {
              maps: [
                { from: 'a', to: '/b' },
                { form: '/a', to: '/b' },
              ],
            },
          },
        }),
      [
        'workspaces."my ws".maps[0]: "from" and "to" are absolute',
        'maps[1].from is missing.',
        'maps[1].form is not a key',
        'Did you mean "from"?',
      ],
    ],
    ['a drill without a command', () => write({ workspaces: { prod: { drill: {} } } }), ['workspaces.prod.drill.command is missing.']],
    ['several at once', () => writeRuntime({ stop: 'x', start: 1 }), ['has 2 mistakes', `${at}.stop:`, `${at}.start is a number`]],
  ])('%s', async (_what, prepare, words) => {
    prepare()
    const error = await failure()
    expect(error.code).toBe('host_config_invalid')
    for (const word of words) expect(error.message).toContain(word)
  })
})

describe('a file that others can write is refused, and how to mend it is said', () => {
  test.each([
    ['0620', 0o620, /can be written by group \d+/],
    ['0602', 0o602, /can be written by everybody/],
    ['0666', 0o666, /can be written by everybody/],
  ])('mode %s', async (_octal, mode, words) => {
    write({})
    chmodSync(path, mode)
    expect(await failure()).toMatchObject({
      code: 'host_config_unsafe',
      message: expect.stringMatching(words),
      hint: expect.stringContaining(`chmod go-w ${path}`),
    })
  })

  test('a folder in which others can put another file into its place', async () => {
    write({})
    chmodSync(home, 0o770)
    expect(await failure()).toMatchObject({ code: 'host_config_unsafe', hint: expect.stringContaining(`chmod go-w ${home}`) })
    chmodSync(home, 0o1777)
    expect(await readHostConfig(path)).toMatchObject({ isThere: true })
  })

  test('the file a link leads to counts, and the folder it lies in', async () => {
    const other = join(home, 'other')
    mkdirSync(other)
    writeFileSync(join(other, 'real.json'), '{}', { mode: 0o600 })
    symlinkSync(join(other, 'real.json'), path)
    expect(await readHostConfig(path)).toMatchObject({ isThere: true })
    chmodSync(other, 0o777)
    expect(await failure()).toMatchObject({ code: 'host_config_unsafe', message: expect.stringContaining(other) })
  })

  test.runIf(process.geteuid?.() === 0)('a file of another user', async () => {
    write({})
    chownSync(path, 65_534, 65_534)
    expect(await failure()).toMatchObject({ code: 'host_config_unsafe', message: expect.stringContaining('belongs to user 65534') })
  })
})

test('what is no regular file is refused without waiting for it', async () => {
  mkdirSync(path)
  expect(await failure()).toMatchObject({ code: 'host_config_invalid', message: expect.stringContaining('not a regular file') })
})
