/** What people read from a console with a long history, and how long each answer takes over HTTP. */
import { setTimeout as delay } from 'node:timers/promises'
import { deepFolder, INBOX_FILES, inboxFile, logFile, packFile, packFolder } from './history/made-lines.ts'

/** What there is to read. */
export interface Subject {
  url: string
  cookie: string
  workspace: string
  newest: string
  middle: string
  oldest: string
  /** Files in folders of 1,000. */
  files: number
  archives: number
}

/** An address below `/api/v1`; `n` varies what is asked. */
export type Read = (n: number) => string

/** Lists, pages and searches by what the design has figures for. */
export function readsOf({ workspace, newest, middle, oldest, files }: Subject): Record<string, Read> {
  const inWorkspace = `/workspaces/${workspace}`
  const at = (n: number) => (n * 7919) % files
  const archive = (n: number) => [newest, middle, oldest][n % 3]
  const folders = Math.max(1, Math.floor(files / 1000))
  return {
    'folder page': (n) => `/archives/${archive(n)}/entries?path=${packFolder(at(n) % folders)}&limit=200`,
    'folder of folders': (n) => `/archives/${archive(n)}/entries?path=knowledge-packs&limit=200`,
    [`page of ${INBOX_FILES} in one folder`]: (n) => `/archives/${archive(n)}/entries?path=knowledge-packs/inbox&limit=200`,
    'rotated folder': (n) => `/archives/${archive(n)}/entries?path=logs&limit=200`,
    'deepest folder': () => `/archives/${newest}/entries?path=${deepFolder}&limit=200`,
    'search, one file': (n) => `${inWorkspace}/find?pattern=${packFile(at(n)).slice(-15, -5)}&limit=50`,
    'search, common text': () => `${inWorkspace}/find?pattern=knowledge-pack&limit=50`,
    'search in an archive': (n) => `/archives/${archive(n)}/find?pattern=${packFile(at(n)).slice(-12, -5)}&limit=100`,
    'search, long names': (n) => `${inWorkspace}/find?pattern=very-long-name-&limit=${50 + (n % 2)}`,
    'search in vain': (n) => `/archives/${newest}/find?pattern=${logFile(n % 100).slice(5, 14)}&limit=50`,
    'history of a file': (n) => `${inWorkspace}/history?path=${packFile(at(n))}&archive=${newest}`,
    'history of a file that never changes': (n) => `${inWorkspace}/history?path=${inboxFile(n % INBOX_FILES)}`,
    'history of the state': () => `${inWorkspace}/history?path=orchestrator_state.json&archive=${middle}`,
    'page of archives': () => `${inWorkspace}/archives?limit=100`,
    'page of held archives': () => `${inWorkspace}/archives?limit=100&held=true`,
    'one archive': (n) => `/archives/${archive(n)}`,
    overview: () => `${inWorkspace}/overview`,
    calendar: () => `${inWorkspace}/calendar?days=372`,
    evidence: () => `${inWorkspace}/evidence`,
    'retention plan': (n) => `${inWorkspace}/retention/simulation?dailyDays=${20 + (n % 10)}`,
    trash: () => `${inWorkspace}/trash`,
    jobs: () => `/jobs?limit=50`,
  }
}

/** Milliseconds until an answer is read; throws for one that is none. */
export async function readOnce({ url, cookie }: Subject, path: string): Promise<number> {
  const startedMs = performance.now()
  const response = await fetch(`${url}/api/v1${path}`, { headers: { cookie } })
  const text = await response.text()
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 200)}`)
  return performance.now() - startedMs
}

/** Everything one after the other, so many times each; with what each read took of the console's processor time. */
export async function readInTurn(
  subject: Subject,
  rounds: number,
  cpuMs: () => number,
): Promise<{ times: Map<string, number[]>; cpu: Map<string, number> }> {
  const [times, cpu] = [new Map<string, number[]>(), new Map<string, number>()]
  for (const [name, path] of Object.entries(readsOf(subject))) {
    const own: number[] = []
    const before = cpuMs()
    for (let n = 0; n < rounds; n++) own.push(await readOnce(subject, path(n)))
    times.set(name, own)
    cpu.set(name, (cpuMs() - before) / rounds)
  }
  return { times, cpu }
}

/** People who read one thing after the other with a pause of that length on average, until the signal. */
export async function readAtOnce(subject: Subject, readers: number, pauseMs: number, runMs: number): Promise<Map<string, number[]>> {
  const reads = Object.entries(readsOf(subject))
  const times = new Map<string, number[]>(reads.map(([name]) => [name, []]))
  const endMs = performance.now() + runMs
  const person = async (first: number) => {
    await delay((first * pauseMs) / readers)
    for (let n = first * 3; performance.now() < endMs; n++) {
      const [name, path] = reads[n % reads.length]!
      times.get(name)!.push(await readOnce(subject, path(n)))
      // Half to one and a half of it, so that nobody walks in step.
      await delay(pauseMs * (0.5 + ((n * 7919) % 100) / 100))
    }
  }
  await Promise.all(Array.from({ length: readers }, (_, n) => person(n)))
  return times
}

/** The value below which so large a part of them lies. */
export function quantile(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN
}
