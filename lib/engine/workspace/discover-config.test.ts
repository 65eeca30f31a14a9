import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppError } from '#lib/base/errors.ts'
import { type DiscoverInput, discoverConfig } from './discover-config.ts'

const NAME = 'orchestrator_config.json'
let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'orchive-discover-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function put(path: string): string {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), '{}')
  return join(root, path)
}

function failure(input: DiscoverInput): AppError {
  try {
    discoverConfig(input)
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

test('the only config is found, in the root or in orchestrator/', () => {
  const inFolder = put(`orchestrator/${NAME}`)
  expect(discoverConfig({ root })).toEqual({ configPath: inFolder, source: 'found', findings: [] })
  rmSync(join(root, 'orchestrator'), { recursive: true })
  const inRoot = put(NAME)
  expect(discoverConfig({ root: `${root}/` }).configPath).toBe(inRoot)
})

test('several configs are config_ambiguous and all are named', () => {
  const candidates = [put(NAME), put(`orchestrator/${NAME}`)]
  const error = failure({ root })
  expect(error.code).toBe('config_ambiguous')
  expect(error.context['candidates']).toEqual(candidates)
  for (const candidate of candidates) expect(error.hint).toContain(`--config ${candidate}`)
})

test('one file under two names is one config', () => {
  mkdirSync(join(root, 'orchestrator'))
  symlinkSync(put(NAME), join(root, 'orchestrator', NAME))
  expect(discoverConfig({ root }).configPath).toBe(join(root, NAME))
  rmSync(join(root, 'orchestrator', NAME))
  linkSync(join(root, NAME), join(root, 'orchestrator', NAME))
  expect(discoverConfig({ root }).configPath).toBe(join(root, NAME))
})

test('a named config wins over everything, relative ones count from the root', () => {
  put(NAME)
  const other = put('deploy/other.json')
  const env = { ORCHESTRATOR_CONFIG: join(root, NAME) }
  expect(discoverConfig({ root, configPath: 'deploy/other.json', env })).toEqual({ configPath: other, source: 'named', findings: [] })
  expect(failure({ root, configPath: 'absent.json' }).code).toBe('config_missing')
  expect(failure({ root, configPath: 'deploy' }).code).toBe('config_invalid')
})

test('ORCHESTRATOR_CONFIG wins over the tree and is told; one that leads nowhere is an error', () => {
  const other = put('deploy/other.json')
  expect(discoverConfig({ root, env: { ORCHESTRATOR_CONFIG: other } })).toMatchObject({
    configPath: other,
    source: 'environment',
    findings: [{ severity: 'info', code: 'config_from_environment' }],
  })
  put(NAME)
  const told = discoverConfig({ root, env: { ORCHESTRATOR_CONFIG: other } }).findings[0]!
  expect(told).toMatchObject({ severity: 'warning', message: expect.stringContaining(`${join(root, NAME)} is not used`) })
  const error = failure({ root, env: { ORCHESTRATOR_CONFIG: './gone.json' } })
  expect(error.code).toBe('config_missing')
  expect(error.hint).toContain('ORCHESTRATOR_CONFIG')
})

test('no config is config_missing, and one further down is suggested, never taken', () => {
  expect(failure({ root }).message).toContain(`There is no ${NAME} in ${root}`)
  const deep = put(`services/bot/${NAME}`)
  const error = failure({ root })
  expect(error.code).toBe('config_missing')
  expect(error.hint).toContain(deep)
})

test('a root that is absent or a file is said so', () => {
  expect(failure({ root: join(root, 'absent') }).message).toContain('does not exist')
  const error = failure({ root: put(NAME) })
  expect(error.message).toContain('is not a folder')
  expect(error.hint).toContain(root)
})

test('a folder or dangling link of the name is no candidate', () => {
  mkdirSync(join(root, NAME))
  mkdirSync(join(root, 'orchestrator'))
  symlinkSync('nowhere', join(root, 'orchestrator', NAME))
  expect(failure({ root }).code).toBe('config_missing')
})
