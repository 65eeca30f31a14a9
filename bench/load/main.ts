import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startConsole } from '../../test/builders/start-console.ts'
import { makeWideWorkspace } from '../wide-workspace.ts'
import { Browsing, type Subject } from './browsing.ts'
import { Bystander } from './bystander.ts'
import { ConsoleProcess } from './console-process.ts'
import { Listeners } from './listeners.ts'
import { readOptions, USAGE } from './options.ts'
import { highest, passedCeilings, processLine, timesTable } from './report.ts'
import { type Session, signInAll } from './sessions.ts'
import { LARGE_FILE, LARGE_MB, makeLargeFile, SlowDownloads } from './slow-downloads.ts'
import { work } from './work.ts'

/** Files that stay open for reasons of their own: connections that are kept for the next request, and the databases of three more threads of the API. */
const SPARE_FILES = 40
const PATIENCE_MS = 20_000

const options = readOptions(process.argv.slice(2))
if (options === null) {
  console.log(USAGE)
  process.exit(0)
}
const { sessions, listeners, downloads, runMs, pauseMs, stormMs, ceilings } = options

const folder = join(process.env.ORCHIVE_BENCH_DIR ?? tmpdir(), `orchive-load-${process.pid}`)
console.error(`Making a workspace of 100,000 files and one of ${LARGE_MB} MB…`)
const { home, backUp } = makeWideWorkspace(folder)
const largeFile = join(folder, 'workspace', LARGE_FILE)
makeLargeFile(largeFile)
backUp()
const running = await startConsole({ home, env: { ORCHIVE_TRUST_PROXY: '1' } })
console.error(`${running.url}; signing in ${sessions} times…`)
const signedIn = await signInAll(running, sessions)
const admin = signedIn.find(({ role }) => role === 'admin')!
const subject = await lookAround(running.url, admin)
const browsing = new Browsing(subject)
const followers = new Listeners(
  running.url,
  Array.from({ length: listeners }, (_, n) => signedIn[n % sessions]!),
)
const slow = new SlowDownloads(`${running.url}/api/v1/archives/${subject.newest}/download?path=${LARGE_FILE}`, largeFile)
const server = new ConsoleProcess(running, home)
if (options.niceness !== 0) server.prefer(options.niceness)

await browsing.warmUp(admin)
const bystander = new Bystander(options.niceness)
const before = await server.look()
const over = new AbortController()
const looking = server.watch(over.signal)
await followers.connect()
const working = work(home, over.signal)
const people = signedIn.map((session, n) => browsing.person(session, n, options, over.signal))
const storming = followers.storm(stormMs, over.signal)
const downloading = Array.from({ length: downloads }, () => slow.take(admin.cookie, over.signal))
await delay(runMs)
over.abort()
const looks = await looking
await Promise.all([...people, storming, ...downloading])
const { done, failed } = await working
await followers.drop()
const bystanderMs = await bystander.end()
const after = await server.untilOpenFiles(before.openFiles + SPARE_FILES, PATIENCE_MS)
await running.stop()
rmSync(folder, { recursive: true, force: true })

const most = highest(looks)
console.log(
  `${sessions} sessions with ${pauseMs} ms on average between their requests, ${listeners} listeners, ${downloads} slow downloads, ${runMs / 1000} s; beside them ${done.join(', ')} of 100,000 files.\n`,
)
console.log(timesTable(browsing.timesMs))
console.log(
  `\n${followers.messages} messages to listeners; ${followers.storms} times all of them dropped and came back, within ${Math.max(...followers.reconnectMs).toFixed(0)} ms.`,
)
console.log(`${(slow.takenBytes / 1024 ** 2).toFixed(0)} MB taken by slow downloads.\n`)
console.log(processLine('Before', before))
console.log(processLine('During', most))
console.log(processLine('After', after))
console.log(`A process beside it that does nothing but look at its clock was held up ${bystanderMs.toFixed(0)} ms at most.`)

const wrong = [...browsing.wrong, ...followers.wrong, ...slow.wrong, ...failed]
if (after.openFiles > before.openFiles + SPARE_FILES)
  wrong.push(`${after.openFiles} open files after everybody left; ${before.openFiles} before`)
const problems = [...passedCeilings(most, ceilings), ...wrong.slice(0, 10)]
for (const problem of problems) console.log(`FAILED: ${problem}`)
if (wrong.length > 10) console.log(`FAILED: ${wrong.length - 10} more wrong answers`)
process.exit(problems.length === 0 ? 0 : 1)

/** The workspace, its newest and its oldest archive. */
async function lookAround(url: string, { cookie }: Session): Promise<Subject> {
  const read = async <T>(path: string) => (await (await fetch(`${url}/api/v1${path}`, { headers: { cookie } })).json()) as T
  const [workspace] = await read<{ id: string }[]>('/workspaces')
  const { rows } = await read<{ rows: { id: string }[] }>(`/workspaces/${workspace!.id}/archives`)
  return { url, workspace: workspace!.id, newest: rows[0]!.id, oldest: rows.at(-1)!.id }
}
