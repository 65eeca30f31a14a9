import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppError } from '#lib/base/errors.ts'
import { makeSampleWorkspace, type SampleShape, type SampleWorkspace, SHAPES } from '#test/builders/sample-workspace.ts'
import { withoutRootRights } from '#test/builders/without-root-rights.ts'
import { readConfig } from './read-config.ts'
import { type ResolveInput, resolveItems } from './resolve-items.ts'
import { findingsOf, type Resolution } from './resolved-item.ts'
import { walkItems } from './walk.ts'

let base: string
let root: string
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'orchive-resolve-')))
  root = join(base, 'orch')
})
afterEach(() => rmSync(base, { recursive: true }))

const sample = (shape: SampleShape, config: Record<string, unknown> = {}) =>
  makeSampleWorkspace(root, { shape, packs: 3, logs: 2, logMb: 0.002, stateRecords: 3, config })

function resolveSample(workspace: SampleWorkspace, more: Partial<ResolveInput> = {}): Resolution {
  const { configPath, maps } = workspace
  return resolveItems({ root, configPath, config: readConfig(configPath), maps, ...more })
}

/** Resolves a config written from scratch. */
function resolveText(config: Record<string, unknown>, more: Partial<ResolveInput> = {}): Resolution {
  mkdirSync(root, { recursive: true })
  const configPath = join(root, 'orchestrator_config.json')
  writeFileSync(configPath, JSON.stringify(config, null, 2))
  return resolveItems({ root, configPath, config: readConfig(configPath), ...more })
}

const item = (resolution: Resolution, key: string) => {
  const found = resolution.items.find((candidate) => candidate.key === key)
  if (!found) throw new Error(`no item ${key}`)
  return found
}
const codes = (resolution: Resolution) => findingsOf(resolution).map((finding) => `${finding.severity} ${finding.code}`)
const walked = (resolution: Resolution) => [...walkItems(resolution.items)].map((entry) => entry.path)

function failure(work: () => unknown): AppError {
  try {
    work()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

test.each(Object.keys(SHAPES) as SampleShape[])('shape %s: every item is found, nothing is stored twice, no complaint', (shape) => {
  const workspace = sample(shape)
  const resolution = resolveSample(workspace)
  expect(resolution.items.map(({ key, label, importance, kind, path }) => ({ key, label, importance, kind, path }))).toEqual([
    { key: 'config', label: 'Config file', importance: 'critical', kind: 'file', path: workspace.configPath },
    { key: 'stateFile', label: 'State file', importance: 'critical', kind: 'file', path: workspace.statePath },
    { key: 'knowledgePackDir', label: 'Knowledge packs', importance: 'high', kind: 'folder', path: workspace.packsDir },
    { key: 'logsDir', label: 'Logs', importance: 'medium', kind: 'folder', path: workspace.logsDir },
  ])
  expect(codes(resolution)).toEqual([])
  expect(resolution.items.map((found) => found.archiveName)).toEqual([
    'orchestrator_config.json',
    basename(workspace.statePath),
    'knowledge-packs',
    'logs',
  ])
  const paths = walked(resolution)
  expect(new Set(paths).size).toBe(paths.length)
  expect(paths).toContain(basename(workspace.statePath))
  expect(paths.filter((path) => path.includes('knowledge-pack-') && !path.startsWith('knowledge-packs/'))).toEqual([])
  expect(paths.filter((path) => path.startsWith('logs/') && path.includes('state'))).toEqual([])
})

test('foreign paths without a map are missing, and the map that would help is named', () => {
  const workspace = sample('foreign')
  const resolution = resolveSample(workspace, { maps: [] })
  expect(item(resolution, 'logsDir')).toMatchObject({ kind: 'missing', path: '/workspace/logs', exists: false, archiveName: null })
  expect(item(resolution, 'logsDir').problems[0]!.message).toContain(`--map /workspace=${root}`)
  expect(resolution.suggestedMaps).toEqual([{ from: '/workspace', to: root }])
})

test('logs that are the root itself leave out config, state and packs', () => {
  const resolution = resolveSample(sample('state-in-root', { logsDir: '.' }))
  expect(item(resolution, 'logsDir')).toMatchObject({ archiveName: 'orch', path: root })
  expect(item(resolution, 'logsDir').exclude.map(String).sort()).toEqual(
    ['knowledge-packs', 'orchestrator_config.json', 'orchestrator_state.json'].map((name) => join(root, name)),
  )
  const paths = walked(resolution)
  expect(paths).toContain('orch/docs/README.md')
  expect(paths.filter((path) => path.endsWith('orchestrator_config.json'))).toEqual(['orchestrator_config.json'])
})

test('an item of any depth inside items belongs to the deepest', () => {
  const resolution = resolveSample(
    sample('state-in-logs', { knowledgePackDir: './logs/spool', extraDir: './logs/spool/deep', stateFile: './logs/spool/deep/s.json' }),
    {
      extraItems: [{ key: 'extraDir', importance: 'high' }],
    },
  )
  expect(codes(resolution)).toEqual(['warning item_missing', 'warning item_missing'])
  mkdirSync(join(root, 'logs/spool/deep'))
  writeFileSync(join(root, 'logs/spool/deep/s.json'), '{}')
  writeFileSync(join(root, 'logs/spool/deep/other'), '')
  writeFileSync(join(root, 'logs/spool/pack.json'), '')
  const now = resolveItems({
    root,
    configPath: join(root, 'orchestrator_config.json'),
    config: readConfig(join(root, 'orchestrator_config.json')),
    extraItems: [{ key: 'extraDir', importance: 'high' }],
  })
  const paths = walked(now)
  expect(paths).toEqual(expect.arrayContaining(['s.json', 'deep', 'deep/other', 'spool/pack.json', 'logs/run-0.jsonl']))
  expect(paths.filter((path) => path.endsWith('other') || path.endsWith('s.json'))).toEqual(['deep/other', 's.json'])
})

test('an outer item keeps what a missing inner item would have held', () => {
  const resolution = resolveSample(sample('state-in-logs', { knowledgePackDir: './logs/not-yet' }))
  expect(item(resolution, 'logsDir').exclude.map(String)).toEqual([join(root, 'logs/orchestrator.state.json')])
})

test('two keys with one path are one item of the higher importance, told once', () => {
  const workspace = sample('state-in-root', { knowledgePackDir: './logs/../logs/' })
  const resolution = resolveSample(workspace)
  expect(resolution.items.map((found) => found.key)).toEqual(['config', 'stateFile', 'knowledgePackDir'])
  expect(item(resolution, 'knowledgePackDir')).toMatchObject({ importance: 'high', archiveName: 'logs', alsoKeys: ['logsDir'] })
  expect(resolution.problems).toMatchObject([
    { severity: 'info', code: 'item_same_path', message: expect.stringMatching(/`knowledgePackDir` and `logsDir`/) },
  ])
  expect(resolution.configPaths).toMatchObject({ knowledgePackDir: join(root, 'logs'), logsDir: join(root, 'logs') })
})

test('a state file that is the config file is one item, with a warning', () => {
  const resolution = resolveText({ stateFile: './orchestrator_config.json', logsDir: './logs' })
  expect(resolution.items.map((found) => found.key)).toEqual(['config', 'logsDir'])
  expect(codes(resolution)).toContain('warning item_same_path')
})

test('missing keys and values of the wrong type are findings that name the key and its line', () => {
  const resolution = resolveText({ docsPath: './docs', logsDir: 7, knowledgePackDir: '  ' })
  expect(item(resolution, 'stateFile')).toMatchObject({
    kind: 'not-covered',
    path: null,
    configured: null,
    problems: [{ severity: 'warning', code: 'config_key_missing', path: 'stateFile' }],
  })
  expect(item(resolution, 'logsDir').problems).toMatchObject([
    {
      severity: 'warning',
      code: 'config_key_wrong_type',
      path: 'logsDir',
      message: expect.stringContaining('`logsDir` (orchestrator_config.json, line 3) is a number'),
    },
  ])
  expect(item(resolution, 'knowledgePackDir').problems).toMatchObject([
    { code: 'config_key_wrong_type', message: expect.stringContaining('is empty') },
  ])
  expect(resolution.items.map((found) => found.archiveName)).toEqual(['orchestrator_config.json', null, null, null])
})

test.each([
  [null, 'null'],
  [['a'], 'a list'],
  [true, 'a boolean'],
  ['a\0b', 'characters that no path can hold'],
  ['\ud800x', 'characters that no path can hold'],
  ['', 'is empty'],
])('a state file of %j is refused, not guessed at', (value, words) => {
  const state = item(resolveText({ stateFile: value, logsDir: './logs' }), 'stateFile')
  expect(state).toMatchObject({ kind: 'not-covered', path: null, exists: false })
  expect(state.problems[0]!.message).toContain(words)
})

test('an optional key that is absent is no item, and said', () => {
  const resolution = resolveText({ docsPath: './docs', logsDir: '.', stateFile: 'orchestrator_config.json' })
  expect(resolution.items.some((found) => found.key === 'knowledgePackDir')).toBe(false)
  expect(resolution.problems).toContainEqual(
    expect.objectContaining({ severity: 'info', code: 'config_key_missing', path: 'knowledgePackDir' }),
  )
})

test.each([
  ['mongodb://orch:hunter2@db.internal:27017/orch', 'MongoDB (mongodb://db.internal:27017/orch)'],
  ['redis://:hunter2@cache:6379/0', 'Redis (redis://cache:6379/0)'],
  ['https://state.example/x?token=hunter2', 'a https: address (https://state.example/x)'],
  [{ type: 'mongodb', password: 'hunter2' }, 'is an object'],
])('a state target %j is not covered, said aloud, and its credentials stay out', (value, words) => {
  const resolution = resolveText({ stateFile: value, logsDir: '.' })
  const state = item(resolution, 'stateFile')
  expect(state).toMatchObject({ kind: 'not-covered', path: null, archiveName: null, exists: false })
  expect(state.problems).toMatchObject([{ severity: 'warning', code: 'item_not_covered', path: 'stateFile' }])
  expect(state.problems[0]!.message).toContain(words)
  expect(JSON.stringify(resolution)).not.toContain('hunter2')
})

test('stores named elsewhere in the config are told as not covered, without credentials', () => {
  const resolution = resolveText({
    stateFile: './s.json',
    logsDir: '.',
    persistence: { url: 'mongodb+srv://u:hunter2@h/db' },
    feed: 'https://h/x',
  })
  const told = resolution.problems.filter((finding) => finding.code === 'store_not_covered')
  expect(told).toMatchObject([
    { severity: 'info', path: 'persistence.url', message: expect.stringContaining('MongoDB (mongodb+srv://h/db)') },
  ])
  expect(JSON.stringify(resolution)).not.toContain('hunter2')
})

test('STATE_FILE replaces the key, counts from the config folder, and is told', () => {
  const workspace = sample('state-in-root')
  renameSync(workspace.statePath, join(root, 'other.json'))
  const state = item(resolveSample(workspace, { stateFileOverride: './other.json' }), 'stateFile')
  expect(state).toMatchObject({
    kind: 'file',
    path: join(root, 'other.json'),
    configured: './other.json',
    problems: [{ severity: 'info', code: 'state_file_override' }],
  })
  const remote = item(resolveSample(workspace, { stateFileOverride: 'redis://:hunter2@h' }), 'stateFile')
  expect(remote.kind).toBe('not-covered')
  expect(JSON.stringify(remote)).not.toContain('hunter2')
})

test('STATE_FILE stands in for a key that is absent', () => {
  const resolution = resolveText({ logsDir: '.' }, { stateFileOverride: './s.json' })
  expect(item(resolution, 'stateFile').problems.map((finding) => finding.code)).toEqual(['state_file_override', 'item_missing'])
})

test('an item path that is missing is kind missing with a finding, never an error', () => {
  const resolution = resolveText({ stateFile: './no/such/state.json', logsDir: './logs', knowledgePackDir: '~/packs' })
  expect(item(resolution, 'stateFile')).toMatchObject({
    kind: 'missing',
    path: join(root, 'no/such/state.json'),
    exists: false,
    sizeBytes: null,
    files: null,
  })
  for (const key of ['stateFile', 'logsDir', 'knowledgePackDir'])
    expect(item(resolution, key).problems).toMatchObject([{ severity: 'warning', code: 'item_missing' }])
  expect(item(resolution, 'knowledgePackDir').problems[0]!.message).toContain('`~` and variables are taken literally')
})

test('a path through a file is missing, not an error', () => {
  const resolution = resolveText({ stateFile: './orchestrator_config.json/state.json', logsDir: '.' })
  expect(item(resolution, 'stateFile').kind).toBe('missing')
})

test('an item outside the root is told and still covered', () => {
  mkdirSync(join(base, 'elsewhere'))
  const resolution = resolveText({ stateFile: './s.json', logsDir: '../elsewhere' })
  expect(item(resolution, 'logsDir')).toMatchObject({
    kind: 'folder',
    archiveName: 'elsewhere',
    problems: [{ severity: 'info', code: 'item_outside_root' }],
  })
})

test('a FIFO, a socket and a device are problems and are never opened', () => {
  mkdirSync(root)
  execFileSync('mkfifo', [join(root, 'fifo')])
  const resolution = resolveText({ stateFile: './fifo', logsDir: '/dev/null' })
  expect(item(resolution, 'stateFile')).toMatchObject({
    kind: 'not-covered',
    exists: true,
    archiveName: null,
    problems: [{ severity: 'warning', code: 'item_special' }],
  })
  expect(item(resolution, 'stateFile').problems[0]!.message).toContain('is a FIFO')
  expect(item(resolution, 'logsDir').problems[0]!.message).toContain('is a device')
  expect(walked(resolution)).toEqual(['orchestrator_config.json'])
})

test('a file where a folder belongs, and the other way round, is archived as it is and told', () => {
  mkdirSync(join(root, 'state'), { recursive: true })
  writeFileSync(join(root, 'log.txt'), 'x')
  const resolution = resolveText({ stateFile: './state', logsDir: './log.txt' })
  expect(item(resolution, 'stateFile')).toMatchObject({ kind: 'folder', problems: [{ severity: 'warning', code: 'item_wrong_kind' }] })
  expect(item(resolution, 'logsDir')).toMatchObject({ kind: 'file', sizeBytes: 1, files: 1, problems: [{ code: 'item_wrong_kind' }] })
})

test('an item root that is a symlink is resolved once, keeps its own name, and is told', () => {
  mkdirSync(join(root, 'store/kp-2026'), { recursive: true })
  writeFileSync(join(root, 'store/kp-2026/a.json'), '{}')
  symlinkSync('store/kp-2026', join(root, 'knowledge-packs'))
  const resolution = resolveText({ stateFile: './s.json', logsDir: './store', knowledgePackDir: './knowledge-packs' })
  expect(item(resolution, 'knowledgePackDir')).toMatchObject({
    kind: 'folder',
    path: join(root, 'store/kp-2026'),
    archiveName: 'knowledge-packs',
    problems: [{ severity: 'info', code: 'item_symlink' }],
  })
  expect(walked(resolution)).toEqual(['knowledge-packs', 'knowledge-packs/a.json', 'orchestrator_config.json', 'store'])
})

test('symlinks that lead nowhere or in a circle are findings', () => {
  mkdirSync(root)
  symlinkSync('gone', join(root, 'dangling'))
  symlinkSync('loop', join(root, 'loop'))
  const resolution = resolveText({ stateFile: './dangling', logsDir: './loop' })
  expect(item(resolution, 'stateFile')).toMatchObject({
    kind: 'missing',
    problems: [{ code: 'item_missing', message: expect.stringContaining('symbolic link to gone, which does not exist') }],
  })
  expect(item(resolution, 'logsDir')).toMatchObject({
    kind: 'missing',
    problems: [{ code: 'item_unreadable', message: expect.stringContaining('leads back to itself') }],
  })
})

test('a root reached through a symlink is the same root', () => {
  const workspace = sample('packs-in-logs')
  symlinkSync(root, join(base, 'alias'))
  const aliased = { ...workspace, configPath: join(base, 'alias', 'orchestrator_config.json') }
  const resolution = resolveItems({ root: join(base, 'alias'), configPath: aliased.configPath, config: readConfig(aliased.configPath) })
  expect(codes(resolution)).toEqual([])
  expect(item(resolution, 'logsDir').exclude).toHaveLength(2)
})

test('basenames that clash get the key in front; the first keeps its name', () => {
  for (const folder of ['a/data', 'b/data', 'c/data']) mkdirSync(join(root, folder), { recursive: true })
  const resolution = resolveText(
    { stateFile: './a/data', logsDir: './b/data', 'odd/key dir': './c/data', hiddenDir: './.orchive' },
    {
      extraItems: [
        { key: 'odd/key dir', importance: 'high' },
        { key: 'hiddenDir', importance: 'medium' },
      ],
    },
  )
  expect(resolution.items.map((found) => found.archiveName)).toEqual([
    'orchestrator_config.json',
    'data',
    'logsDir-data',
    'odd_key_dir-data',
    null,
  ])
  mkdirSync(join(root, '.orchive'))
  const now = resolveText(
    { stateFile: './s', logsDir: './b', hiddenDir: './.orchive' },
    { extraItems: [{ key: 'hiddenDir', importance: 'medium' }] },
  )
  expect(item(now, 'hiddenDir').archiveName).toBe('hiddenDir-.orchive')
})

test('names with backslashes, control characters and non-ASCII letters are given in text form', () => {
  mkdirSync(join(root, 'logs\\ä\tö'), { recursive: true })
  const resolution = resolveText({ stateFile: './s', logsDir: './logs\\ä\tö' })
  expect(item(resolution, 'logsDir')).toMatchObject({ kind: 'folder', archiveName: 'logs\\\\ä\\x09ö', path: `${root}/logs\\\\ä\\x09ö` })
})

test('extra items are resolved like others, known ones with their label, nested keys by dots', () => {
  const workspace = sample('state-in-root', { store: { cacheDir: './docs/guides' } })
  const resolution = resolveSample(workspace, {
    extraItems: [
      { key: 'digestDir', importance: 'high' },
      { key: 'store.cacheDir', importance: 'medium' },
      { key: 'absentKey', importance: 'medium' },
      { key: 'logsDir', importance: 'high' },
    ],
  })
  expect(item(resolution, 'digestDir')).toMatchObject({ label: 'Digests', importance: 'high', kind: 'folder', archiveName: 'digests' })
  expect(item(resolution, 'store.cacheDir')).toMatchObject({ kind: 'folder', archiveName: 'guides' })
  expect(item(resolution, 'absentKey')).toMatchObject({ kind: 'not-covered', problems: [{ code: 'config_key_missing' }] })
  expect(item(resolution, 'logsDir').importance).toBe('high')
  expect(item(resolution, 'logsDir').exclude.map(String)).toEqual([join(root, 'logs/digests')])
})

test('other path keys are offered, known or not; URLs, cron, tokens and what is an item already are not', () => {
  const workspace = sample('state-in-logs', {
    customNotesDir: '/srv/notes',
    modelName: 'vendor/model-7',
    healthEndpoint: '/health',
    apiToken: 'sk-a/b+c==',
    notes: 'docs/README.md',
    statePathAgain: './logs/orchestrator.state.json',
  })
  const offers = resolveSample(workspace).offers
  expect(offers.map(({ key, exists, coveredBy }) => [key, exists, coveredBy])).toEqual([
    ['docsPath', true, null],
    ['digestDir', true, 'logsDir'],
    ['rssConfigPath', true, null],
    ['deployBaseDir', false, null],
    ['customNotesDir', false, null],
    ['notes', true, null],
  ])
  expect(offers.find((offer) => offer.key === 'docsPath')).toMatchObject({ configured: './docs', path: join(root, 'docs') })
})

test('a repository inside an item is refused, whatever the spelling', () => {
  const workspace = sample('state-in-logs')
  mkdirSync(join(root, 'logs/archives'))
  symlinkSync(join(root, 'logs'), join(base, 'alias'))
  for (const repositoryPath of [
    join(root, 'logs/archives'),
    join(root, 'logs'),
    join(root, 'logs/not/yet'),
    join(base, 'alias/archives'),
  ]) {
    const error = failure(() => resolveSample(workspace, { repositoryPath }))
    expect(error.code).toBe('repository_inside_item')
    expect(error.message).toContain(join(root, 'logs'))
  }
  expect(() => resolveSample(workspace, { repositoryPath: join(root, 'logs-archives') })).not.toThrow()
})

test('an item inside the repository is refused, and ORCHIVE_HOME inside an item', () => {
  const workspace = sample('state-in-logs')
  expect(failure(() => resolveSample(workspace, { repositoryPath: base })).code).toBe('repository_inside_item')
  expect(failure(() => resolveSample(workspace, { homePath: join(root, 'logs/.orchive') })).message).toContain('ORCHIVE_HOME')
  expect(() => resolveSample(workspace, { homePath: base, repositoryPath: join(base, 'repository') })).not.toThrow()
})

test('configPaths names where every key leads, for the next archive to compare', () => {
  const workspace = sample('foreign')
  expect(resolveSample(workspace).configPaths).toEqual({
    config: workspace.configPath,
    stateFile: workspace.statePath,
    knowledgePackDir: workspace.packsDir,
    logsDir: workspace.logsDir,
  })
})

test('a double key of the config is among the findings', () => {
  mkdirSync(root)
  const configPath = join(root, 'orchestrator_config.json')
  writeFileSync(configPath, '{\n"logsDir": ".",\n"stateFile": "a.json",\n"stateFile": "b.json"}')
  const resolution = resolveItems({ root, configPath, config: readConfig(configPath) })
  expect(item(resolution, 'stateFile').configured).toBe('b.json')
  expect(codes(resolution)).toContain('warning config_key_double')
})

test('relative paths count from the folder of the config, not from the root', () => {
  const workspace = sample('config-in-folder')
  expect(item(resolveSample(workspace), 'stateFile').configured).toBe('./data/orchestrator-state.json')
  expect(dirname(workspace.configPath)).not.toBe(root)
})

test('an item behind a locked folder is a finding', () => {
  const resolution = resolveText({ stateFile: './s', logsDir: './locked/logs' })
  expect(item(resolution, 'logsDir').kind).toBe('missing')
  mkdirSync(join(root, 'locked/logs'), { recursive: true })
  chmodSync(base, 0o755)
  chmodSync(join(root, 'locked'), 0)
  const config = readConfig(join(root, 'orchestrator_config.json'))
  const now = withoutRootRights(() => resolveItems({ root, configPath: config.path, config }))
  chmodSync(join(root, 'locked'), 0o755)
  expect(item(now, 'logsDir')).toMatchObject({
    kind: 'missing',
    path: join(root, 'locked/logs'),
    problems: [{ severity: 'warning', code: 'item_unreadable', message: expect.stringContaining('EACCES') }],
  })
})
