import type { ChildProcess } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import type { SeenPath } from '#test/builders/random-tree.ts'
import type { Random, Tally } from './attack.ts'
import { differences, expectSame, type Home } from './home.ts'

/** How far behind its usual end a verb may still be hit. */
const LATEST = 1.2

const VERBS = [
  'backup',
  'backup',
  'backup',
  'restore',
  'restore',
  'restore',
  'undo',
  'forget',
  'prune',
  'prune',
  'verify',
  'rebuild',
  'import',
] as const
type Verb = (typeof VERBS)[number] | 'settle'

/** How a verb is cut short. */
export interface Blow {
  /** What is said of it: "killed", "cut". */
  done: string
  /** What is to be done before the verb begins. */
  before?(): void
  /** Falls; the process is gone and its files can be looked at when it resolves. */
  fall(child: ChildProcess, exit: Promise<unknown>): Promise<void>
  /** True when it falls on verbs that have ended, too: what they said they did has to be there. */
  alsoAfterwards: boolean
}

/** How long each verb took when it was let finish; shared by all homes. */
const usualMs = new Map<Verb, number>()

/** Lets time pass over a home's workspace, cuts one verb short, and looks what is left. */
export async function strike(home: Home, blow: Blow, random: Random): Promise<Tally> {
  home.live(random)
  const verb = random.pick(VERBS)
  const argv = await argvOf(home, verb, random)
  if (argv === null) return {}
  const before = home.seen()
  const end = await hit(home, blow, { verb, argv }, random)
  const settling = random.chance(0.3) ? await hit(home, blow, { verb: 'settle', argv: ['settle'] }, random) : null
  await home.run('settle')
  await expectNothingLost(home, { verb, argv, before, isDone: end === 'done' })
  return { verbs: 1, [`${blow.done} in ${verb}`]: Number(end === 'cut'), [`${blow.done} in settling`]: Number(settling === 'cut') }
}

async function argvOf(home: Home, verb: Verb, random: Random): Promise<string[] | null> {
  const { whole } = home
  switch (verb) {
    case 'restore':
      return ['restore', random.pick(whole), '--in-place', '--exact', '--yes']
    case 'undo': {
      const undos = (await home.run('undo', '--list', '--json')).json as { jobId: string }[]
      return undos.length === 0 ? null : ['undo', undos[0]!.jobId, '--force']
    }
    case 'forget':
      return whole.length < 3 ? null : ['forget', random.pick(whole.slice(0, -1)), '--reason', 'torture']
    case 'prune':
      return ['prune', '--grace', '0']
    case 'verify':
      return ['verify', '--all', '--level', 'bytes']
    case 'rebuild':
      return ['catalog', 'rebuild']
    case 'import':
      // What was exported, forgotten and pruned comes back with its id; while it is there, nothing is imported.
      return ['import', await home.export(random.pick(whole))]
    default:
      return [verb]
  }
}

/** Starts a verb and lets the blow fall at a random moment. */
async function hit(
  home: Home,
  blow: Blow,
  { verb, argv }: { verb: Verb; argv: string[] },
  random: Random,
): Promise<'done' | 'failed' | 'cut'> {
  blow.before?.()
  const usual = usualMs.get(verb)
  const startedMs = performance.now()
  const { child, ended } = home.start(argv)
  // The first of its kind shows how long it takes.
  const end = usual === undefined ? await ended : await Promise.race([ended, pause(random.fraction() * usual * LATEST, null)])
  if (end) usualMs.set(verb, performance.now() - startedMs)
  if (!end || blow.alsoAfterwards) await blow.fall(child, ended)
  return !end ? 'cut' : end.isDone ? 'done' : 'failed'
}

interface Struck {
  verb: Verb
  argv: string[]
  /** The workspace. */
  before: SeenPath[]
  isDone: boolean
}

async function expectNothingLost(home: Home, { verb, argv, before, isDone }: Struck): Promise<void> {
  const what = argv.join(' ')
  const after = home.seen()
  if (verb === 'restore') expectEither(after, isDone ? null : before, home.contentOf(argv[1]!)!, `after ${what}`)
  else if (verb !== 'undo') expectSame(after, before, `workspace after ${what}`)
  const leftOvers = readdirSync(home.root).filter((name) => name.startsWith('.orchive-restore-'))
  const undos = (await home.run('undo', '--list', '--json')).json as unknown[]
  if (leftOvers.length > undos.length) throw new Error(`After ${what}, ${leftOvers.length} working folders for ${undos.length} undos.`)
  const gone = verb === 'forget' ? argv[1]! : null
  // A forget that was cut short between its mark and its rename is ended by any later verb of its kind.
  if (gone !== null) home.letGo(gone)
  const listed = await home.expectNoneGone(what)
  if (gone !== null && isDone && listed.has(gone)) throw new Error(`After ${what}, ${gone} is still listed.`)
  if (verb === 'backup' && isDone && ![...listed].some((id) => home.isNew(id)))
    throw new Error('A backup said that it was done, and is not listed.')
  await home.learn(verb === 'backup' ? before : null)
  // What was cut short is in the way of nothing.
  await home.run('backup')
  await home.learn(after)
}

/** `old` = null: it has to be the archived one. */
function expectEither(after: SeenPath[], old: SeenPath[] | null, archived: SeenPath[], when: string): void {
  if (old === null || differences(after, old).length > 0) expectSame(after, archived, `neither old nor new ${when}`)
}
