import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { noise, readTree, type SeenPath } from '#test/builders/random-tree.ts'
import { type Bench, makeBench, ORCHIVE } from '#test/builders/run-orchive.ts'
import type { Random, Tally } from './attack.ts'
import { differences, expectSame } from './differences.ts'

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
  /** A program that runs the verb, with its arguments. */
  through?: readonly string[]
  /** Falls; the process is gone and its files can be looked at when it resolves. */
  fall(child: ChildProcess, exit: Promise<unknown>, at: { home: string; random: Random }): Promise<void>
  /** True when it falls on verbs that have ended, too: what they said they did has to be there. */
  alsoAfterwards: boolean
}

/** How long each verb took when it was let finish; shared by all homes. */
const usualMs = new Map<Verb, number>()

/** A home with a workspace, and what has to be in them whatever falls upon the verbs that run there. */
export class Home {
  rounds = 0
  /** What each archive holds; null where that is not known, as of safety archives. */
  private readonly known = new Map<string, SeenPath[] | null>()
  /** Archives that somebody asked to forget. */
  private readonly mayGo = new Set<string>()
  private readonly bench: Bench
  private readonly blow: Blow
  private exports = 0
  /** What of the root the config names: all else is no archive's business. */
  private covered: ReadonlySet<string> = new Set()

  private constructor(bench: Bench, blow: Blow) {
    this.bench = bench
    this.blow = blow
  }

  /** Makes one in the folder for temporary files; `isQuick`: verbs that nothing falls upon share a process. */
  static async make({ blow, isQuick }: { blow: Blow; isQuick: boolean }): Promise<Home> {
    const home = new Home(await makeBench({ isQuick, shape: 'state-in-root', packs: 6, logs: 2 }), blow)
    mkdirSync(home.at('logs/many'))
    for (let i = 0; i < 150; i++) writeFileSync(home.at(`logs/many/${i}.log`), `line ${i}\n`)
    await home.run('backup')
    const entries = (await home.run('ls', 'latest', '--json')).json as { path: string }[]
    home.covered = new Set(entries.map(({ path }) => path))
    await home.learn(home.seen())
    return home
  }

  remove(): void {
    this.bench.remove()
  }

  /** Lets time pass over the workspace, cuts one verb short, and looks what is left. */
  async strike(random: Random): Promise<Tally> {
    this.rounds++
    this.live(random)
    const verb = random.pick(VERBS)
    const argv = await this.argvOf(verb, random)
    if (argv === null) return {}
    const before = this.seen()
    const end = await this.hit(verb, argv, random)
    const settling = random.chance(0.3) ? await this.hit('settle', ['settle'], random) : null
    await this.run('settle')
    await this.expectNothingLost({ verb, argv, before, isDone: end === 'done' })
    const { done } = this.blow
    return { verbs: 1, [`${done} in ${verb}`]: Number(end === 'cut'), [`${done} in settling`]: Number(settling === 'cut') }
  }

  /** Every archive is restored and compared, every object read. */
  async lookThrough(): Promise<void> {
    await this.run('prune', '--grace', '0')
    await this.run('catalog', 'rebuild')
    await this.run('verify', '--all', '--level', 'bytes')
    const listed = await this.listed()
    for (const [id, content] of this.known) {
      if (this.mayGo.has(id) && !listed.has(id)) continue
      const target = join(this.bench.folder, 'target')
      await this.run('restore', id, '--target', target)
      if (content) expectSame(readTree(Buffer.from(target)), content, `${id} restored`)
      rmSync(target, { recursive: true })
    }
  }

  private async argvOf(verb: Verb, random: Random): Promise<string[] | null> {
    const ids = [...this.known.keys()]
    const whole = ids.filter((id) => this.known.get(id))
    switch (verb) {
      case 'restore':
        return ['restore', random.pick(whole), '--in-place', '--exact', '--yes']
      case 'undo': {
        const undos = (await this.run('undo', '--list', '--json')).json as { jobId: string }[]
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
      case 'import': {
        // What was exported, forgotten and pruned comes back with its id; while it is there, nothing is imported.
        const file = join(this.bench.folder, `export-${this.exports++}.tar`)
        await this.run('export', random.pick(whole), '--output', file)
        return ['import', file]
      }
      default:
        return [verb]
    }
  }

  /** Starts a verb and lets the blow fall at a random moment. */
  private async hit(verb: Verb, argv: string[], random: Random): Promise<'done' | 'failed' | 'cut'> {
    this.blow.before?.()
    const usual = usualMs.get(verb)
    const startedMs = performance.now()
    const [program, ...rest] = [...(this.blow.through ?? []), ORCHIVE, ...argv, '--home', this.bench.home]
    const child = spawn(program!, rest, { stdio: 'ignore', detached: true })
    const exit = once(child, 'exit')
    const ended = exit.then(() => true)
    // The first of its kind shows how long it takes.
    const isThrough = usual === undefined ? await ended : await Promise.race([ended, pause(random.fraction() * usual * LATEST, false)])
    if (isThrough) usualMs.set(verb, performance.now() - startedMs)
    if (!isThrough || this.blow.alsoAfterwards) await this.blow.fall(child, exit, { home: this.bench.home, random })
    return !isThrough ? 'cut' : child.exitCode === 0 || child.exitCode === 3 ? 'done' : 'failed'
  }

  private async expectNothingLost({
    verb,
    argv,
    before,
    isDone,
  }: {
    verb: Verb
    argv: string[]
    before: SeenPath[]
    isDone: boolean
  }): Promise<void> {
    const what = argv.join(' ')
    const after = this.seen()
    if (verb === 'restore') this.expectEither(after, isDone ? null : before, this.known.get(argv[1]!)!, `after ${what}`)
    else if (verb !== 'undo') expectSame(after, before, `workspace after ${what}`)
    const leftOvers = readdirSync(this.bench.workspace.root).filter((name) => name.startsWith('.orchive-restore-'))
    const undos = (await this.run('undo', '--list', '--json')).json as unknown[]
    if (leftOvers.length > undos.length) throw new Error(`After ${what}, ${leftOvers.length} working folders for ${undos.length} undos.`)
    const gone = verb === 'forget' ? argv[1]! : null
    // A forget that was cut short between its mark and its rename is ended by any later verb of its kind.
    if (gone !== null) this.mayGo.add(gone)
    const listed = await this.listed()
    for (const id of this.mayGo) if (!listed.has(id)) this.known.delete(id)
    const lost = [...this.known.keys()].filter((id) => !listed.has(id))
    if (lost.length > 0) throw new Error(`After ${what}, archives are gone: ${lost.join(', ')}.`)
    if (gone !== null && isDone && listed.has(gone)) throw new Error(`After ${what}, ${gone} is still listed.`)
    if (verb === 'backup' && isDone && listed.size === this.known.size)
      throw new Error('A backup said that it was done, and is not listed.')
    await this.learn(verb === 'backup' ? before : null)
    // What was cut short is in the way of nothing.
    await this.run('backup')
    await this.learn(after)
  }

  /** Notes archives that are new; of one taken by a backup, what it must hold. */
  private async learn(content: SeenPath[] | null): Promise<void> {
    for (const [id, kind] of await this.listed()) if (!this.known.has(id)) this.known.set(id, kind === 'backup' ? content : null)
  }

  private async listed(): Promise<Map<string, string>> {
    const archives = (await this.run('archives', '--json')).json as { id: string; kind: string }[]
    return new Map(archives.map(({ id, kind }) => [id, kind]))
  }

  /** Quickly, in a process that stays; a verb that fails here is a failure. */
  private async run(...argv: string[]) {
    const finished = await this.bench.run(...argv)
    if (finished.code !== 0 && finished.code !== 3)
      throw new Error(`${argv.join(' ')} ended with ${finished.code}: ${finished.stderr || finished.stdout}`)
    return finished
  }

  /** `old` = null: it has to be the archived one. */
  private expectEither(after: SeenPath[], old: SeenPath[] | null, archived: SeenPath[], when: string): void {
    if (old === null || differences(after, old).length > 0) expectSame(after, archived, `neither old nor new ${when}`)
  }

  private at(path: string): string {
    return join(this.bench.workspace.root, path)
  }

  private seen(): SeenPath[] {
    return readTree(Buffer.from(this.bench.workspace.root)).filter(({ path }) => this.covered.has(path.split('/')[0]!))
  }

  private live(random: Random): void {
    for (let left = random.below(12); left > 0; left--) {
      const path = this.at(`logs/many/${random.below(200)}.log`)
      if (random.chance(0.2)) rmSync(path, { force: true })
      else if (existsSync(path) && random.chance(0.5)) appendFileSync(path, `more ${random.below(1000)}\n`)
      else writeFileSync(path, noise(random.below(40_000), random.below(1_000_000)))
    }
  }
}
