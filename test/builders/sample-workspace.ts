/** Makes orchestrator workspaces on disk as they are found in the wild, and lets days of use pass over them. Equal parameters give equal bytes. */
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { logText, numbersFrom, packText, phrase } from './sample-content.ts'
import { addTasks, type SampleState, sampleState } from './sample-state.ts'

/** Where items lie: see `SHAPES`. */
export type SampleShape = keyof typeof SHAPES

export interface SampleOptions {
  /** Number of knowledge packs. */
  packs?: number
  /** Number of JSONL logs, and megabytes (decimal) of each. */
  logs?: number
  logMb?: number
  /** Tasks that the state has handled; 5,000 make about 6 MB. */
  stateRecords?: number
  seed?: number
  shape?: SampleShape
  /** The moment the workspace has reached; file times and records end there. */
  nowMs?: number
  /** More config keys, or other values for the usual ones; undefined drops a key. */
  config?: Record<string, unknown>
}

export interface SampleWorkspace {
  root: string
  configPath: string
  /** Where things really lie on this host, absolute. */
  statePath: string
  logsDir: string
  packsDir: string
  /** What a registration needs so that foreign paths are found. */
  maps: { from: string; to: string }[]
  seed: number
  /** Days that have passed. */
  day: number
  nowMs: number
}

interface Shape {
  /** Folder of the config below the root. */
  configFolder: string
  /** Places below the root. */
  state: string
  packs: string
  logs: string
  /** How the config spells a place. */
  spell: (place: string, root: string) => string
  maps: (root: string) => { from: string; to: string }[]
}

const relative = (place: string) => `./${place}`
const CONTAINER = '/workspace'
const plain: Shape = {
  configFolder: '',
  state: 'orchestrator_state.json',
  packs: 'knowledge-packs',
  logs: 'logs',
  spell: relative,
  maps: () => [],
}

/** The shapes seen in the wild. */
export const SHAPES = {
  'state-in-root': plain,
  'state-in-logs': { ...plain, state: 'logs/orchestrator.state.json' },
  'packs-in-logs': { ...plain, state: 'logs/orchestrator.state.json', packs: 'logs/knowledge-packs' },
  'state-in-data': { ...plain, state: 'orchestrator/data/orchestrator-state.json' },
  'config-in-folder': {
    ...plain,
    configFolder: 'orchestrator',
    state: 'orchestrator/data/orchestrator-state.json',
    spell: (place: string) => (place.startsWith('orchestrator/') ? `./${place.slice(13)}` : `../${place}`),
  },
  absolute: { ...plain, spell: (place: string, root: string) => join(root, place) },
  foreign: {
    ...plain,
    state: 'logs/orchestrator.state.json',
    spell: (place: string) => `${CONTAINER}/${place}`,
    maps: (root: string) => [{ from: CONTAINER, to: root }],
  },
} satisfies Record<string, Shape>

const START_MS = Date.UTC(2026, 8, 1, 2, 0, 0)
const DAY_MS = 86_400_000

/** Writes a workspace into `root`, which is made. */
export function makeSampleWorkspace(root: string, options: SampleOptions = {}): SampleWorkspace {
  const { packs = 24, logs = 3, logMb = 0.1, stateRecords = 120, seed = 1, shape = 'state-in-root', nowMs = START_MS } = options
  const form: Shape = SHAPES[shape]
  const workspace: SampleWorkspace = {
    root,
    configPath: join(root, form.configFolder, 'orchestrator_config.json'),
    statePath: join(root, form.state),
    logsDir: join(root, form.logs),
    packsDir: join(root, form.packs),
    maps: form.maps(root),
    seed,
    day: 0,
    nowMs,
  }
  const folders = [root, dirname(workspace.configPath), dirname(workspace.statePath), workspace.logsDir, workspace.packsDir]
  for (const folder of folders) mkdirSync(folder, { recursive: true })
  writeAt(workspace.configPath, configText(form, root, seed, options.config), nowMs)
  writeAt(workspace.statePath, stateText(sampleState(stateRecords, seed, nowMs)), nowMs)
  writeDocs(root, seed, nowMs)
  for (let i = 0; i < packs; i++) writePack(workspace, seed * 1_000_000 + i, nowMs - (packs - i) * 600_000)
  for (let i = 0; i < logs; i++) writeLog(workspace, i, logMb * 1e6)
  writeDigest(workspace)
  if (logs > 0) symlinkSync(`run-${logs - 1}.jsonl`, join(workspace.logsDir, 'latest.jsonl'))
  mkdirSync(join(workspace.logsDir, 'spool'))
  return workspace
}

/** Lets one more day of use pass: logs grow by 1 %, 0.5 % of the packs are new or rewritten, the state is rewritten whole. */
export function advanceDay(workspace: SampleWorkspace): void {
  workspace.day++
  workspace.nowMs += DAY_MS
  const { seed, day, nowMs } = workspace
  const logs = readdirSync(workspace.logsDir).filter((name) => /^run-\d+\.jsonl$/.test(name))
  for (const name of logs.sort()) {
    const path = join(workspace.logsDir, name)
    const bytes = Math.max(400, statSync(path).size / 100)
    for (const text of logText(numbersFrom(seed * 31 + day * 1000 + Number.parseInt(name.slice(4), 10)), bytes, nowMs - DAY_MS, 90_000))
      appendFileSync(path, text)
    stamp(path, nowMs - 60_000)
  }
  const packs = readdirSync(workspace.packsDir)
    .filter((name) => name.startsWith('knowledge-pack-'))
    .sort()
  const touched = Math.max(2, Math.round(packs.length / 200))
  const packSeed = seed * 1_000_000 + day * 10_000 + 500_000
  for (let i = 0; i < touched; i++) {
    if (i % 2 === 0) writePack(workspace, packSeed + i, nowMs - (touched - i) * 600_000)
    else writeAt(join(workspace.packsDir, packs[(i * 197 + day * 31) % packs.length]!), packText(packSeed + i, nowMs), nowMs - i * 1000)
  }
  const state = JSON.parse(readFileSync(workspace.statePath, 'utf8')) as SampleState
  addTasks(state, Math.max(3, Math.round(state.taskExecutions.length / 50)), seed + day, nowMs, DAY_MS)
  writeAt(workspace.statePath, stateText(state), nowMs)
  writeDigest(workspace)
}

/** The state as the runtime prints it. */
export function stateText(state: unknown): string {
  return JSON.stringify(state, null, 2)
}

function configText(form: Shape, root: string, seed: number, extra: Record<string, unknown> = {}): string {
  const at = (place: string) => form.spell(place, root)
  const next = numbersFrom(seed + 17)
  const config = {
    docsPath: at('docs'),
    logsDir: at(form.logs),
    stateFile: at(form.state),
    knowledgePackDir: at(form.packs),
    digestDir: at(`${form.logs}/digests`),
    rssConfigPath: at('rss_filter_config.json'),
    deployBaseDir: at('agents-deployed'),
    nightlyBatchSchedule: '0 23 * * *',
    morningNotificationSchedule: '0 6 * * *',
    corsAllowedOrigins: ['http://localhost:3000'],
    milestoneIngestUrl: 'https://example.com/api/milestones/ingest',
    gatewayToken: `ghp_demo${next().toString(36)}${next().toString(36)}${next().toString(36)}`,
    notifications: { slackEnabled: false, discordEnabled: false, batchSize: 10 },
    concurrency: 2,
    ...extra,
  }
  return `${JSON.stringify(config, null, 2)}\n`
}

function writeDocs(root: string, seed: number, nowMs: number): void {
  mkdirSync(join(root, 'docs', 'guides'), { recursive: true })
  const next = numbersFrom(seed + 5)
  for (const name of ['README.md', 'guides/operations.md', 'guides/recovery.md']) {
    writeAt(join(root, 'docs', name), `# ${phrase(next, 2, 4)}\n\n${phrase(next, 60, 120)}\n`, nowMs - 30 * DAY_MS)
  }
  const filters = { minScore: 12, feeds: [{ id: 'forum', url: 'https://example.com/forum.rss', keywords: phrase(next, 3, 6).split(' ') }] }
  writeAt(join(root, 'rss_filter_config.json'), `${JSON.stringify(filters, null, 2)}\n`, nowMs - 30 * DAY_MS)
}

function writePack(workspace: SampleWorkspace, seed: number, atMs: number): void {
  writeAt(join(workspace.packsDir, `knowledge-pack-${atMs}.json`), packText(seed, atMs), atMs)
}

function writeLog(workspace: SampleWorkspace, index: number, bytes: number): void {
  const path = join(workspace.logsDir, `run-${index}.jsonl`)
  const fd = openSync(path, 'w')
  for (const text of logText(numbersFrom(workspace.seed * 31 + index), bytes, workspace.nowMs - DAY_MS, 400)) writeSync(fd, text)
  closeSync(fd)
  stamp(path, workspace.nowMs - 60_000)
}

function writeDigest(workspace: SampleWorkspace): void {
  const folder = join(workspace.logsDir, 'digests')
  mkdirSync(folder, { recursive: true })
  const next = numbersFrom(workspace.seed + workspace.day + 77)
  const digest = { generatedAt: new Date(workspace.nowMs).toISOString(), totals: { queued: next() % 40 }, summary: phrase(next, 20, 40) }
  writeAt(join(folder, `digest-${new Date(workspace.nowMs).toISOString().slice(0, 10)}.json`), stateText(digest), workspace.nowMs)
}

function writeAt(path: string, text: string, atMs: number): void {
  writeFileSync(path, text)
  stamp(path, atMs)
}

function stamp(path: string, atMs: number): void {
  utimesSync(path, atMs / 1000, atMs / 1000)
}
