/**
 * The API of a console with a long history, over HTTP, while backups that read everything run beside it:
 * `node bench/console-api.ts FOLDER [--readers 50] [--pause 1000] [--seconds 30] [--rounds 40] [--nice=-10]`, where FOLDER is what `bench/history/make.ts` made. Writes
 * `bench/console-api.json` and `.md`; exits with 1 when a figure is missed.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startConsole } from '../test/builders/start-console.ts'
import { quantile, readAtOnce, readInTurn, type Subject } from './console-reads.ts'
import { ConsoleProcess } from './load/console-process.ts'
import { describeMachine } from './report.ts'
import { startWriter } from './writer.ts'

/** p95 in milliseconds that reads have to stay below, one reader at a time. */
const TARGETS: Record<string, number> = { 'folder page': 50, 'search, one file': 100, 'history of a file': 50 }
/** Of all reads of many readers together. */
const TOGETHER_MS = 100
const WARM_UP_MS = 3000

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    readers: { type: 'string', default: '50' },
    pause: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '30' },
    rounds: { type: 'string', default: '40' },
    nice: { type: 'string', default: '0' },
  },
})
const folder = positionals[0]
if (!folder) throw new Error('Name the folder that `bench/history/make.ts` filled.')
const home = join(folder, 'home')
const readers = Number(values.readers)
const writer = startWriter(home, folder)
const running = await startConsole({ home })
try {
  const cookie = await (running.setupToken === null ? running.signIn() : running.signUp())
  const subject = await lookAround(running.url, cookie)
  const server = new ConsoleProcess(running, home)
  // As in bench/load: other programs of a busy machine are not what is measured.
  if (values.nice !== '0') server.prefer(Number(values.nice))
  const cpuMs = () => server.cpuMs()
  await readInTurn(subject, 2, cpuMs)
  await server.look()
  const alone = await readInTurn(subject, Number(values.rounds), cpuMs)
  const beside = await server.look()
  // What is started for many readers is started once in a console's life.
  await readAtOnce(subject, readers, Number(values.pause), WARM_UP_MS)
  await server.look()
  const together = await readAtOnce(subject, readers, Number(values.pause), Number(values.seconds) * 1000)
  const during = await server.look()
  const { begun, backups } = await writer.stop()

  const rowsOf = (times: Map<string, number[]>) =>
    [...times].map(([read, all]) => ({
      read,
      requests: all.length,
      p50Ms: quantile(all, 0.5),
      p95Ms: quantile(all, 0.95),
      maxMs: Math.max(...all),
    }))
  const everything = [...together.values()].flat()
  const result = {
    takenAt: new Date().toISOString(),
    machine: describeMachine(folder),
    files: subject.files,
    archives: subject.archives,
    backupsBeside: begun,
    backupsEnded: backups,
    oneReader: rowsOf(alone.times).map((row) => ({ ...row, cpuMs: alone.cpu.get(row.read)! })),
    readers,
    pauseMs: Number(values.pause),
    manyReaders: rowsOf(together),
    together: {
      requests: everything.length,
      p50Ms: quantile(everything, 0.5),
      p95Ms: quantile(everything, 0.95),
      p99Ms: quantile(everything, 0.99),
    },
    eventLoop: { alone: beside, together: during },
  }
  const text = report(result)
  writeFileSync(join(import.meta.dirname, 'console-api.json'), `${JSON.stringify(result, null, 2)}\n`)
  writeFileSync(join(import.meta.dirname, 'console-api.md'), text)
  console.log(text)
  const missed = result.oneReader.filter(({ read, p95Ms }) => p95Ms > (TARGETS[read] ?? Number.POSITIVE_INFINITY))
  for (const { read, p95Ms } of missed) console.log(`MISSED: ${read}, p95 ${p95Ms.toFixed(0)} ms, figure ${TARGETS[read]} ms`)
  if (result.together.p95Ms > TOGETHER_MS)
    console.log(`MISSED: ${readers} readers, p95 ${result.together.p95Ms.toFixed(0)} ms, figure ${TOGETHER_MS} ms`)
  process.exitCode = missed.length > 0 || result.together.p95Ms > TOGETHER_MS ? 1 : 0
} finally {
  await running.stop()
  await writer.stop()
}

async function lookAround(url: string, cookie: string): Promise<Subject> {
  const read = async <T>(path: string) => (await (await fetch(`${url}/api/v1${path}`, { headers: { cookie } })).json()) as T
  const workspaces = await read<{ id: string; name: string }[]>('/workspaces')
  const workspace = workspaces.find(({ name }) => name === 'million')!.id
  const { archives } = await read<{ archives: number }>(`/workspaces/${workspace}/overview`)
  const list = ['archives', workspace, '--json', '--home', home]
  const ids = JSON.parse(execFileSync(join(import.meta.dirname, '../bin/orchive'), list, { encoding: 'utf8', maxBuffer: 2 ** 28 })) as {
    id: string
    files: number
  }[]
  const folders = await read<{ rows: { name: string; files: number | null }[] }>(
    `/archives/${ids[0]!.id}/entries?path=knowledge-packs&limit=500`,
  )
  const files = folders.rows.filter(({ name }) => name.startsWith('batch-')).length * 1000
  const everyFile = folders.rows.length === 500 ? ids[0]!.files : files
  return {
    url,
    cookie,
    workspace,
    newest: ids[0]!.id,
    middle: ids[Math.floor(ids.length / 2)]!.id,
    oldest: ids.at(-1)!.id,
    files: Math.floor(everyFile / 1000) * 1000 - (folders.rows.length === 500 ? 12_000 : 0),
    archives,
  }
}

function report(result: {
  takenAt: string
  machine: ReturnType<typeof describeMachine>
  files: number
  archives: number
  backupsBeside: number
  backupsEnded: number
  oneReader: { read: string; requests: number; p50Ms: number; p95Ms: number; maxMs: number; cpuMs: number }[]
  readers: number
  pauseMs: number
  manyReaders: { read: string; requests: number; p50Ms: number; p95Ms: number; maxMs: number }[]
  together: { requests: number; p50Ms: number; p95Ms: number; p99Ms: number }
  eventLoop: { alone: { blockedMs: number; waitedPart: number }; together: { blockedMs: number; waitedPart: number } }
}): string {
  const ms = (value: number) => value.toFixed(1)
  const many = new Map(result.manyReaders.map((row) => [row.read, row]))
  const rows = result.oneReader.map(({ read, p50Ms, p95Ms, maxMs, cpuMs }) => {
    const beside = many.get(read)
    return `| ${read} | ${ms(p50Ms)} | ${ms(p95Ms)} | ${ms(maxMs)} | ${TARGETS[read] ?? ''} | ${ms(cpuMs)} | ${beside ? `${ms(beside.p50Ms)} | ${ms(beside.p95Ms)}` : '- | -'} |`
  })
  const loop = ({ blockedMs, waitedPart }: { blockedMs: number; waitedPart: number }) =>
    `event loop blocked ${blockedMs.toFixed(0)} ms at most, waited for a processor ${(waitedPart * 100).toFixed(0)} % of the time`
  return `# The API with a long history

${result.takenAt.slice(0, 10)}, ${result.machine.cpu}, ${result.machine.cores} cores, Node ${result.machine.node}. A catalog of ${result.files.toLocaleString('en')} files × ${result.archives} archives; ${result.backupsBeside} backups that read everything were begun beside, one after the other, and ${result.backupsEnded} ended before the readers did. Milliseconds from the request to the last byte of the answer; “processor” is what the console's threads took for it, whatever else the machine did.

| read | p50 | p95 | most | figure | processor | p50, ${result.readers} readers | p95, ${result.readers} readers |
|---|---|---|---|---|---|---|---|
${rows.join('\n')}

${result.readers} readers with ${result.pauseMs} ms between two reads of each, after ${WARM_UP_MS / 1000} s of the same: ${result.together.requests} requests, p50 ${ms(result.together.p50Ms)}, p95 ${ms(result.together.p95Ms)} (figure ${TOGETHER_MS}), p99 ${ms(result.together.p99Ms)}.

One reader: ${loop(result.eventLoop.alone)}. ${result.readers} readers: ${loop(result.eventLoop.together)}.
`
}
