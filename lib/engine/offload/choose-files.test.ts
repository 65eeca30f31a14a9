import { linkSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BackedUpWorkspace, makeBackedUpWorkspace } from '#test/builders/backed-up-workspace.ts'
import type { Finding } from '../finding.ts'
import { type ChosenFile, chooseFiles, cutoffMs, type OffloadPolicy, PlanDigest, pathsOf, type Stays } from './choose-files.ts'

const NOW_MS = Date.UTC(2026, 10, 24, 16, 8)
const DAY_MS = 86_400_000

let bench: BackedUpWorkspace
beforeEach(async () => use({}))
afterEach(() => rmSync(bench.folder, { recursive: true, force: true }))

async function use(config: Record<string, unknown>): Promise<void> {
  if (bench) rmSync(bench.folder, { recursive: true, force: true })
  const usual = { docsPath: './docs', logsDir: './logs', stateFile: './logs/state.json', knowledgePackDir: './knowledge-packs' }
  bench = await makeBackedUpWorkspace({ config: { ...usual, ...config } })
}

function write(path: string, ageDays: number, content = path): string {
  const at = join(bench.root, path)
  mkdirSync(dirname(at), { recursive: true })
  writeFileSync(at, content)
  const then = (NOW_MS - ageDays * DAY_MS) / 1000
  utimesSync(at, then, then)
  return at
}

function choose(policy: Partial<OffloadPolicy> = {}, isOpen: (dev: bigint, ino: bigint) => boolean = () => false) {
  const chosen: ChosenFile[] = []
  const stays: Record<string, Stays> = {}
  const problems: Finding[] = []
  chooseFiles({
    root: bench.root,
    configPath: join(bench.root, 'orchestrator_config.json'),
    resolution: bench.resolve(),
    policy: { olderThanDays: 30, keepPacks: null, keepPackDays: null, ...policy },
    nowMs: NOW_MS,
    isOpen,
    onFile: (file, reason) => {
      if (reason === null) chosen.push(file)
      else stays[file.path] = reason
    },
    onProblem: (problem) => problems.push(problem),
  })
  return { chosen, paths: chosen.map(({ path }) => path), stays, problems }
}

test('old logs leave, at any depth; young ones, empty ones and the state file inside the logs folder stay', () => {
  write('logs/old.jsonl', 31)
  write('logs/2026/old.jsonl', 400)
  write('logs/young.jsonl', 29)
  write('logs/empty.jsonl', 100, '')
  write('logs/state.json', 300)
  write('docs/old.md', 900)
  expect(choose()).toMatchObject({
    paths: ['logs/2026/old.jsonl', 'logs/old.jsonl'],
    stays: { 'logs/young.jsonl': 'young', 'logs/empty.jsonl': 'empty' },
    problems: [],
  })
})

test('a state file that is gone right now is not chosen when it comes back under its name, nor is what other keys name', async () => {
  await use({ digestDir: './logs/digests', milestoneFeedPath: './logs/feed.jsonl' })
  write('logs/old.jsonl', 300)
  const resolution = bench.resolve()
  write('logs/state.json', 300)
  write('logs/digests/digest.json', 300)
  write('logs/feed.jsonl', 300)
  const stays: Record<string, Stays | null> = {}
  chooseFiles({
    root: bench.root,
    configPath: join(bench.root, 'orchestrator_config.json'),
    resolution,
    policy: { olderThanDays: 0, keepPacks: null, keepPackDays: null },
    nowMs: NOW_MS,
    isOpen: () => false,
    onFile: ({ path }, reason) => (stays[path] = reason),
    onProblem: () => {},
  })
  expect(stays).toEqual({
    'logs/old.jsonl': null,
    'logs/state.json': 'named-by-config',
    'logs/digests/digest.json': 'named-by-config',
    'logs/feed.jsonl': 'named-by-config',
  })
})

test('a file stays while it is fresh, open, has two names, or a symlink beside it leads to it', () => {
  write('logs/fresh.jsonl', 5 / 1440)
  const open = statSync(write('logs/open.jsonl', 40), { bigint: true })
  linkSync(write('logs/one.jsonl', 40), join(bench.root, 'logs/two.jsonl'))
  write('logs/current-41.jsonl', 40)
  symlinkSync('current-41.jsonl', join(bench.root, 'logs/current.jsonl'))
  const seen = choose({ olderThanDays: 0 }, (dev, ino) => dev === open.dev && ino === open.ino)
  expect(seen.paths).toEqual([])
  expect(seen.stays).toEqual({
    'logs/fresh.jsonl': 'fresh',
    'logs/open.jsonl': 'open',
    'logs/one.jsonl': 'several-names',
    'logs/two.jsonl': 'several-names',
    'logs/current-41.jsonl': 'linked-to',
  })
})

test('packs leave only by a rule that was given, and stay when either rule keeps them', () => {
  for (const age of [1, 10, 20, 40, 50]) write(`knowledge-packs/pack-${age}.json`, age)
  const left = (policy: Partial<OffloadPolicy>) => choose(policy).paths.map((path) => Number(/\d+/.exec(path)![0]))
  expect(left({})).toEqual([])
  expect(left({ keepPacks: 2 })).toEqual([20, 40, 50])
  expect(left({ keepPackDays: 15 })).toEqual([20, 40, 50])
  expect(left({ keepPacks: 4, keepPackDays: 15 })).toEqual([50])
  expect(left({ keepPacks: 1, keepPackDays: 30 })).toEqual([40, 50])
})

test('nothing leaves a logs folder that holds the workspace, counts as critical, or is something else as well', async () => {
  await use({ logsDir: '.' })
  write('package.json', 400)
  expect(choose()).toMatchObject({ paths: [], problems: [{ code: 'offload_left_alone' }] })
  await use({ logsDir: './data', digestDir: './data', stateFile: './state.json' })
  write('data/old.jsonl', 400)
  expect(choose().paths).toEqual(['data/old.jsonl'])
  await use({ logsDir: './data', knowledgePackDir: './data', stateFile: './state.json' })
  write('data/old.jsonl', 400)
  expect(choose({ keepPacks: 1 })).toMatchObject({ paths: [], problems: [{ code: 'offload_left_alone' }] })
})

test('a symlinked logs folder is walked where it really is', () => {
  mkdirSync(join(bench.folder, 'elsewhere'))
  symlinkSync(join(bench.folder, 'elsewhere'), join(bench.root, 'logs'))
  write('logs/old.jsonl', 40)
  write('logs/state.json', 40)
  expect(choose().paths).toEqual(['logs/old.jsonl'])
})

test('the digest changes with any identity that a deletion checks, and stands still otherwise', () => {
  const at = write('logs/a.jsonl', 40, 'one')
  write('logs/b.jsonl', 40)
  const digest = () => {
    const digest = new PlanDigest('ws', { olderThanDays: 30 })
    for (const file of choose().chosen) digest.add(file)
    return digest.finish()
  }
  const first = digest()
  expect(digest()).toBe(first)
  write('logs/young.jsonl', 1)
  expect(digest()).toBe(first)
  renameSync(at, `${at}.1`)
  renameSync(`${at}.1`, at)
  expect(digest()).not.toBe(first)
})

test('the age of a file is reckoned by the hour, so that a plan under review stands still', () => {
  const cut = cutoffMs(Date.UTC(2026, 10, 24, 16, 0), 30)
  expect(cutoffMs(Date.UTC(2026, 10, 24, 16, 59, 59), 30)).toBe(cut)
  expect(cut).toBe(Date.UTC(2026, 9, 25, 16, 0))
})

test('a selection brings the folders on the way to its files', () => {
  expect([...pathsOf([{ path: 'logs/a/b/c' }, { path: 'logs/d' }])].sort()).toEqual(['logs', 'logs/a', 'logs/a/b', 'logs/a/b/c', 'logs/d'])
})
