/**
 * The console under load: people look around, each in a session of their own, browsers follow jobs and all reconnect at once now and then, slow clients take
 * whole archives, while backups that read everything, a verify and a prune run one after the other; in the middle the console is restarted.
 * Prints percentiles and what was seen at most, and ends with 1 when a ceiling was exceeded or an answer was wrong.
 */
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makeWideWorkspace } from '../wide-workspace.ts'
import { ConsoleUnderLoad } from './console-process.ts'
import { downloadSlowly } from './downloads.ts'
import { listenInStorms } from './listeners.ts'
import { lookAround, read, review, signIn, Times, warmUp } from './visitors.ts'

const HELP = `node bench/load/main.ts [options]

  --sessions N    people who are signed in and look around (200)
  --pause MS      between two requests of one of them, on average (10000)
  --listeners N   browsers that follow jobs (100)
  --storm MS      how often all of them reconnect (5000)
  --downloads N   clients that take whole archives at 1 MB/s (10)
  --seconds N     how long (60)
  --no-restart    leave the restart in the middle out
`

const { values: options } = parseArgs({
  options: {
    sessions: { type: 'string', default: '200' },
    pause: { type: 'string', default: '10000' },
    listeners: { type: 'string', default: '100' },
    storm: { type: 'string', default: '5000' },
    downloads: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '60' },
    'no-restart': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (options.help) {
  process.stdout.write(HELP)
  process.exit(0)
}
const SESSIONS = Number(options.sessions)
const PAUSE_MS = Number(options.pause)
const RUN_MS = Number(options.seconds) * 1000
/** What an operator may count on. */
const CEILINGS = { memoryMb: 1024, files: 600, blockedMs: 50, stopMs: 10_000 }
const ORCHIVE = join(dirname(fileURLToPath(import.meta.url)), '../../bin/orchive')

const work = join(process.env.ORCHIVE_BENCH_DIR ?? tmpdir(), `orchive-load-${process.pid}`)
console.error('Generating a workspace of 100,000 files…')
const { home, backUp } = makeWideWorkspace(work)
backUp()
const target = await ConsoleUnderLoad.start(home)
const { url } = target
await target.signUp()
console.error(`Signing in ${SESSIONS} times…`)
const cookies: string[] = []
for (let n = 0; n < SESSIONS; n++) cookies.push(await signIn(url, n))

let isOver = false
let isAway = false
const over = () => isOver
const away = () => isAway
const times = new Times(away)
const admin = { url, cookie: cookies[0]! }
const [workspace] = JSON.parse(await read(admin, '/api/v1/workspaces')) as { id: string }[]
const { rows } = JSON.parse(await read(admin, `/api/v1/workspaces/${workspace!.id}/archives`)) as { rows: { id: string }[] }
const sights = { workspace: workspace!.id, newest: rows[0]!.id, oldest: rows.at(-1)!.id }
const visit = (cookie: string) => ({ url, cookie, sights, times, pauseMs: PAUSE_MS, isOver: over })
await warmUp(visit(cookies[0]!))
const before = target.look()

const verbs: string[] = []
/** Work in other processes, as jobs are. */
async function worker(): Promise<void> {
  const rounds = [['backup', '--rescan'], ['verify', '--all', '--level', 'bytes'], ['prune']]
  for (let n = 0; !isOver; n++) {
    const argv = rounds[n % rounds.length]!
    // As the console starts its jobs: they leave the processors to whoever waits for a page.
    const child = spawn('nice', ['-n', '10', ORCHIVE, ...argv, '--wait', '600', '--home', home], { stdio: 'ignore' })
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
    if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}.`)
    verbs.push(argv[0]!)
  }
}

const working = worker()
const visitors = cookies.map((cookie, n) => lookAround(visit(cookie), n, SESSIONS))
const listening = listenInStorms({
  ...{ url, cookies, isOver: over, isAway: away },
  ...{ count: Number(options.listeners), stormMs: Number(options.storm) },
})
const downloading = downloadSlowly({
  ...{ url, cookie: cookies[0]!, archive: sights.newest, isOver: over },
  ...{ clients: Number(options.downloads), bytesPerSecond: 1e6 },
})
const others = [review(visit(cookies[0]!)), target.watch(over)]
await delay(RUN_MS / 2)
let restart: { stopMs: number; startMs: number } | null = null
if (!options['no-restart']) {
  isAway = true
  restart = await target.restart()
  isAway = false
}
await delay(RUN_MS / 2)
isOver = true
await Promise.all([...visitors, ...others])
const [heard, taken] = await Promise.all([listening, downloading])
await working
await delay(1000)
const after = target.look()
await target.stop()
rmSync(work, { recursive: true, force: true })

const quantile = (values: readonly number[], q: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN
const row = (name: string, values: readonly number[]) =>
  `| ${name} | ${values.length} | ${[0.5, 0.95, 0.99].map((q) => quantile(values, q).toFixed(0)).join(' | ')} | ${Math.max(...values).toFixed(0)} |`
const ofApi = [...times.byRead].flatMap(([name, values]) => (name.includes('HTML') ? [] : values))
const { peaks } = target
console.log(
  `${SESSIONS} sessions, each with ${PAUSE_MS} ms on average between its requests, for ${RUN_MS / 1000} s; beside them ${verbs.join(', ')} of 100,000 files.\n`,
)
console.log('| read | requests | p50 ms | p95 ms | p99 ms | most ms |\n|---|---|---|---|---|---|')
for (const [name, values] of times.byRead) console.log(row(name, values))
console.log(row('all of the API', ofApi))
console.log(
  `\nListeners: ${options.listeners}, all reconnecting every ${options.storm} ms: ${heard.connections} connections, ${heard.messages} messages.`,
)
console.log(`Slow downloads: ${options.downloads} clients took ${(taken / 1e6).toFixed(0)} MB.`)
if (restart)
  console.log(
    `Restart in the middle: stopped in ${restart.stopMs.toFixed(0)} ms, started in ${restart.startMs.toFixed(0)} ms; ${times.missed} requests met it.`,
  )
const figures = ({ memoryMb, files }: { memoryMb: number; files: number }) => `${memoryMb.toFixed(0)} MB, ${files} open files`
console.log(
  `Console: ${figures(before)} before, ${figures(peaks)} at most, ${figures(after)} a second after; its event loop stood still for ${peaks.blockedMs.toFixed(0)} ms at most.`,
)

const seen = { ...peaks, stopMs: restart?.stopMs ?? 0 }
const exceeded = (Object.keys(CEILINGS) as (keyof typeof CEILINGS)[]).filter((name) => seen[name] > CEILINGS[name])
for (const name of exceeded) console.error(`Above the ceiling: ${name} ${seen[name].toFixed(0)}, at most ${CEILINGS[name]}.`)
process.exit(exceeded.length > 0 ? 1 : 0)
