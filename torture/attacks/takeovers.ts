import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { listJobs } from '#db/console/queries/list-jobs.ts'
import { openConsole } from '#db/open-database.ts'
import { errnoOf } from '#lib/base/errors.ts'
import { until } from '#test/builders/until.ts'
import type { Attack, Random, Tally } from '../attack.ts'
import type { End, Home, Started } from '../home.ts'
import { siegeOf } from './kills.ts'

/** What is said by a writer that is told to wait for another, or for the catalog. */
const IN_USE = ['repository_locked', 'io_failed']
/** A namespace of its own, in which this very process has another number, and others have its. */
const ELSEWHERE = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child']

/** How long the second is waited for before the first goes on: what has the catalog while it is stopped is waited for by the other. */
const PATIENCE_MS = 5000

/** One of the writers that meet. */
interface Writer {
  verb: 'backup' | 'prune' | 'forget' | 'verify'
  argv: string[]
}

/** How each writer ended, and what of it is counted. */
interface Meeting {
  ends: [Writer, End][]
  tally: Tally
}

export const takeovers: Attack = {
  name: 'takeovers',
  about: 'writers at the same time, stopped and taken for dead, or in another pid namespace: what was said to be done is there and whole',
  share: 3,
  async open() {
    const meetings = canUnshare() ? [race, takeOver, takeOver, meetAcrossNamespaces] : [race, takeOver]
    return siegeOf({ isQuick: true }, (home, random) => meet(home, random, random.pick(meetings)))
  },
}

async function meet(home: Home, random: Random, meeting: (home: Home, random: Random) => Promise<Meeting>): Promise<Tally> {
  home.live(random)
  const before = home.seen()
  const { ends, tally } = await meeting(home, random)
  const what = ends.map(([{ argv }, { error }]) => `${argv.join(' ')} (${error ?? 'done'})`).join(' beside ')
  const listed = await home.expectNoneGone(what)
  for (const [{ verb, argv }, { isDone, archiveId }] of ends) {
    if (verb === 'backup' && isDone && !listed.has(archiveId!)) throw new Error(`After ${what}, ${archiveId} is not listed.`)
    if (verb === 'forget' && isDone && listed.has(argv[1]!)) throw new Error(`After ${what}, ${argv[1]} is still listed.`)
  }
  // Whoever took an archive took it of the same workspace.
  await home.learn(before)
  await home.run('verify', '--all', '--level', 'bytes')
  await home.run('backup')
  await home.learn(before)
  expectNoJobInterrupted(home, what)
  return tally
}

/** Two or three begin at the same time; each is done, or is told that another is at work. */
async function race(home: Home, random: Random): Promise<Meeting> {
  const writers = writersFor(home, random, ['backup', 'prune', 'forget', 'verify'], 2 + random.below(2))
  const waits = random.chance(0.5)
  const started = writers.map(({ verb, argv }) => home.start(waits && verb !== 'verify' ? [...argv, '--wait', '60'] : argv))
  const ends = await Promise.all(started.map(({ ended }) => ended))
  const met = writers.map((writer, i): [Writer, End] => [writer, ends[i]!])
  expectEnds(met, waits ? [] : IN_USE)
  return { ends: met, tally: { races: 1, 'told to wait': ends.filter(({ error }) => error !== null).length } }
}

/** One is stopped and taken for dead; another takes over; then the first goes on. */
async function takeOver(home: Home, random: Random): Promise<Meeting> {
  const [first, second] = writersFor(home, random, ['backup', 'backup', 'prune', 'forget'], 2) as [Writer, Writer]
  const stopped = await startAndStop(home, first, random)
  const isTaken = isHolder(home, stopped)
  if (isTaken) forgeDeath(home)
  const successor = home.start(second.argv)
  // The first may come back while the other is at work.
  await Promise.race([successor.ended, pause(random.chance(0.5) ? random.fraction() * 500 : PATIENCE_MS)])
  stopped.goOn()
  const ends: [Writer, End][] = [
    [first, await stopped.ended],
    [second, await successor.ended],
  ]
  expectEnds(ends.slice(0, 1), isTaken ? ['lease_lost'] : IN_USE)
  expectEnds(ends.slice(1), IN_USE)
  const isLost = ends[0]![1].error === 'lease_lost'
  return { ends, tally: { 'stopped and continued': 1, 'taken over': Number(isTaken), 'told that the lease was lost': Number(isLost) } }
}

/** One is stopped in a pid namespace that the other cannot look into: it lives, and is waited for. */
async function meetAcrossNamespaces(home: Home, random: Random): Promise<Meeting> {
  const [first, second] = writersFor(home, random, ['backup', 'backup', 'prune', 'forget'], 2) as [Writer, Writer]
  const stopped = await startAndStop(home, first, random, ELSEWHERE)
  const lease = leaseOf(home)
  const other = home.start(second.argv, random.chance(0.5) ? ELSEWHERE : [])
  const early = await Promise.race([other.ended, pause(PATIENCE_MS, null)])
  const isTaken = lease !== null && (early?.isDone || leaseOf(home)?.token !== lease.token)
  stopped.goOn()
  if (isTaken) throw new Error(`A ${first.verb} in another pid namespace was taken for dead by ${second.argv.join(' ')}.`)
  const ends: [Writer, End][] = [
    [first, await stopped.ended],
    [second, await other.ended],
  ]
  expectEnds(ends.slice(0, 1), lease === null ? IN_USE : [])
  expectEnds(ends.slice(1), IN_USE)
  return { ends, tally: { 'in another namespace': 1, 'waited for there': Number(lease !== null) } }
}

/** Different archives are asked to be forgotten, so that one cannot have the other's. */
function writersFor(home: Home, random: Random, verbs: Writer['verb'][], count: number): Writer[] {
  const forgettable = home.whole.slice(0, -1)
  return Array.from({ length: count }, (): Writer => {
    const verb = random.pick(verbs)
    switch (verb) {
      case 'prune':
        return { verb, argv: ['prune', '--grace', '0'] }
      case 'verify':
        return { verb, argv: ['verify', 'latest', '--level', 'bytes'] }
      case 'forget': {
        const [id] = forgettable.splice(random.below(forgettable.length), 1)
        if (id === undefined) return { verb: 'backup', argv: ['backup'] }
        home.letGo(id)
        return { verb, argv: ['forget', id, '--reason', 'torture'] }
      }
      default:
        return { verb, argv: [verb] }
    }
  })
}

/** How long each verb that was let finish took from its start, and from when it had the lease. */
const usualMs = new Map<string, { whole: number; held: number }>()

interface Stopped extends Started {
  goOn(): void
}

/** Starts a writer and stops it at a random moment of its usual time, mostly of that in which it has the lease; it may be over by then. */
async function startAndStop(home: Home, { verb, argv }: Writer, random: Random, through: readonly string[] = []): Promise<Stopped> {
  const key = `${verb} ${through.length}`
  const usual = usualMs.get(key)
  const startedMs = performance.now()
  const started = home.start(argv, through)
  let isOver = false
  const over = started.ended.then(() => (isOver = true))
  const isUnderLease = usual === undefined || random.chance(0.8)
  while (isUnderLease && !isOver && leaseOf(home) === null) await pause(1)
  const heldMs = performance.now()
  if (usual === undefined) await over
  else await Promise.race([over, pause(random.fraction() * (isUnderLease ? usual.held : usual.whole))])
  if (isOver && isUnderLease) usualMs.set(key, { whole: performance.now() - startedMs, held: performance.now() - heldMs })
  const group = started.child.pid!
  signal(group, 'SIGSTOP')
  await until('every thread stands still or is gone', () => threadsOf(group).every((state) => 'TZX'.includes(state)))
  return { ...started, goOn: () => signal(group, 'SIGCONT') }
}

/** To a group that may be gone. */
function signal(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name)
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error
  }
}

/** The states of all threads of all processes of a group. */
function threadsOf(group: number): string[] {
  const states: string[] = []
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const own = fieldsOf(`/proc/${pid}/stat`)
      if (Number(own[2]) !== group) continue
      for (const thread of readdirSync(`/proc/${pid}/task`)) states.push(fieldsOf(`/proc/${pid}/task/${thread}/stat`)[0]!)
    } catch {
      // Gone since it was listed.
    }
  }
  return states
}

/** State, parent, group and so on: what stands behind the name, which may hold anything. */
function fieldsOf(path: string): string[] {
  const stat = readFileSync(path, 'latin1')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

interface LeaseText {
  pid: number
  token: string
  startTicks: string
}

const leasePath = (home: Home) => join(home.repository, 'locks/writer.json')

function leaseOf(home: Home): LeaseText | null {
  try {
    return JSON.parse(readFileSync(leasePath(home), 'utf8')) as LeaseText
  } catch {
    return null
  }
}

const isHolder = (home: Home, { child }: Started) => leaseOf(home)?.pid === child.pid

/** The lease says that its holder began at another time: to everybody else, its pid has gone to another process since. */
function forgeDeath(home: Home): void {
  const lease = leaseOf(home)!
  const forged = join(home.repository, '../forged-lease')
  writeFileSync(forged, `${JSON.stringify({ ...lease, startTicks: '1' })}\n`)
  renameSync(forged, leasePath(home))
}

function expectEnds(ends: [Writer, End][], mayBe: readonly string[]): void {
  for (const [{ argv }, { isDone, error }] of ends) {
    if (!isDone && (error === null || !mayBe.includes(error))) throw new Error(`${argv.join(' ')} ended with ${error ?? 'a signal'}.`)
  }
}

/** Nobody was killed, so no job may have been taken for one whose process is gone. */
function expectNoJobInterrupted(home: Home, what: string): void {
  const { db, close } = openConsole(home.consoleDb, { readonly: true })
  try {
    const open = listJobs(db, { limit: 10 }).rows.filter(({ outcome, status }) => outcome === 'interrupted' || status !== 'finished')
    if (open.length > 0)
      throw new Error(`After ${what}, jobs are ${open.map(({ kind, outcome, status }) => `${kind} ${status} ${outcome}`)}.`)
  } finally {
    close()
  }
}

function canUnshare(): boolean {
  try {
    execFileSync(ELSEWHERE[0]!, [...ELSEWHERE.slice(1), 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
