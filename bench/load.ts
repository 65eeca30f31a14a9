/**
 * The console under load: readers at the API, each with a pause between its requests, while backups that read everything, a verify and a prune run
 * one after the other, and listeners follow jobs. Prints percentiles, and the console's memory and open files.
 * Options: --readers N (50), --listeners N (50), --seconds N (30), --pause MS (2000).
 */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startConsole } from '../test/builders/start-console.ts'
import { dayName, FOLDERS, makeWideWorkspace } from './wide-workspace.ts'

const { values: options } = parseArgs({
  options: {
    readers: { type: 'string', default: '50' },
    listeners: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '30' },
    pause: { type: 'string', default: '2000' },
  },
})
const READERS = Number(options.readers)
const LISTENERS = Number(options.listeners)
const RUN_MS = Number(options.seconds) * 1000
const PAUSE_MS = Number(options.pause)
const ORCHIVE = join(dirname(fileURLToPath(import.meta.url)), '../bin/orchive')

const work = join(process.env.ORCHIVE_BENCH_DIR ?? tmpdir(), `orchive-load-${process.pid}`)
console.error('Generating a workspace of 100,000 files…')
const { home, backUp } = makeWideWorkspace(work)
backUp()
const running = await startConsole({ home })
const cookie = await running.signUp()
const read = async (path: string) => {
  const response = await fetch(`${running.url}${path}`, { headers: { cookie } })
  const text = await response.text()
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`)
  return text
}
const json = async <T>(path: string) => JSON.parse(await read(`/api/v1${path}`)) as T
const [workspace] = await json<{ id: string }[]>('/workspaces')
const { rows } = await json<{ rows: { id: string }[] }>(`/workspaces/${workspace!.id}/archives`)
const inWorkspace = `/workspaces/${workspace!.id}`
const [newest, oldest] = [rows[0]!.id, rows.at(-1)!.id]

/** What people look at; `n` varies what is asked. */
const READS: Record<string, (n: number) => string> = {
  overview: () => `${inWorkspace}/overview`,
  archives: () => `${inWorkspace}/archives?limit=50`,
  folder: (n) => `/archives/${newest}/entries?path=logs/${dayName(n % FOLDERS)}&limit=200`,
  search: (n) => `${inWorkspace}/find?pattern=run-${String(n % 1000).padStart(5, '0')}&limit=50`,
  history: (n) => `${inWorkspace}/history?path=logs/${dayName(n % FOLDERS)}/run-00001.log`,
  calendar: () => `${inWorkspace}/calendar`,
  retention: (n) => `${inWorkspace}/retention/simulation?dailyDays=${n % 30}`,
  evidence: () => `${inWorkspace}/evidence`,
  jobs: () => '/jobs?limit=50',
  archive: () => `/archives/${oldest}`,
}

const times = new Map<string, number[]>(Object.keys(READS).map((name) => [name, []]))
const pageMs: number[] = []
let isOver = false

async function reader(first: number): Promise<void> {
  const names = Object.keys(READS)
  await delay((first * PAUSE_MS) / READERS)
  let seed = first * 7919 + 1
  for (let n = first; !isOver; n++) {
    const name = names[n % names.length]!
    const startedMs = performance.now()
    await json(READS[name]!(n))
    times.get(name)!.push(performance.now() - startedMs)
    // Half to one and a half of the pause: people who all waited for one thing do not all come back at once.
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    await delay(PAUSE_MS * (0.5 + seed / 2 ** 31))
  }
}

/** The page that a lead opens from a link. */
async function reviewer(): Promise<void> {
  while (!isOver) {
    const startedMs = performance.now()
    await read(`/w/${workspace!.id}/retention`)
    pageMs.push(performance.now() - startedMs)
    await delay(PAUSE_MS)
  }
}

let messages = 0
async function listener(signal: AbortSignal): Promise<void> {
  try {
    const response = await fetch(`${running.url}/api/v1/jobs/events`, { headers: { cookie }, signal })
    for await (const _ of response.body!) messages++
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

const verbs: string[] = []
/** Work in other processes, as jobs are. */
async function worker(): Promise<void> {
  const rounds = [['backup', '--rescan'], ['verify', '--all', '--level', 'bytes'], ['prune']]
  for (let n = 0; !isOver; n++) {
    const argv = rounds[n % rounds.length]!
    // As the console starts its jobs: they leave the processors to whoever waits for a page.
    const child = spawn('nice', ['-n', '10', ORCHIVE, ...argv, '--wait', '600', '--home', home], { stdio: 'ignore' })
    await new Promise((resolve) => child.on('close', resolve))
    verbs.push(argv[0]!)
  }
}

/** The process that listens on the console's port: below the one that was started. */
function serverPid(): number {
  const below = (pid: number): number[] => {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
    return [pid, ...children.flatMap(below)]
  }
  const memory = (pid: number) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  return below(running.pid).toSorted((a, b) => memory(b) - memory(a))[0]!
}
const server = serverPid()
const peak = { memoryKb: 0, files: 0 }
async function watcher(): Promise<void> {
  while (!isOver) {
    const memoryKb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server}/status`, 'utf8'))?.[1])
    peak.memoryKb = Math.max(peak.memoryKb, memoryKb)
    peak.files = Math.max(peak.files, readdirSync(`/proc/${server}/fd`).length)
    await delay(500)
  }
}

const quantile = (values: readonly number[], q: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN
const row = (name: string, values: readonly number[]) =>
  `| ${name} | ${values.length} | ${[0.5, 0.95, 0.99].map((q) => quantile(values, q).toFixed(0)).join(' | ')} | ${Math.max(...values).toFixed(0)} |`

const stop = new AbortController()
const listeners = Array.from({ length: LISTENERS }, () => listener(stop.signal))
for (const path of Object.values(READS)) await json(path(0))
await read(`/w/${workspace!.id}/retention`)
const work1 = worker()
await delay(1000)
const readers = [...Array.from({ length: READERS }, (_, n) => reader(n)), reviewer(), watcher()]
await delay(RUN_MS)
isOver = true
await Promise.all(readers)
await work1
stop.abort()
await Promise.all(listeners)
await running.stop()
rmSync(work, { recursive: true, force: true })

const all = [...times.values()].flat()
console.log(
  `${READERS} readers with ${PAUSE_MS} ms on average between their requests, ${LISTENERS} listeners, ${RUN_MS / 1000} s; beside them ${verbs.join(', ')} of 100,000 files.\n`,
)
console.log('| read | requests | p50 ms | p95 ms | p99 ms | most ms |\n|---|---|---|---|---|---|')
for (const [name, values] of times) console.log(row(name, values))
console.log(row('all of the API', all))
console.log(row('review page (HTML)', pageMs))
console.log(`\nConsole: ${(peak.memoryKb / 1024).toFixed(0)} MB and ${peak.files} open files at most; ${messages} messages to listeners.`)
