import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { noise, readTree, type SeenPath } from '#test/builders/random-tree.ts'
import { type Bench, makeBench, ORCHIVE } from '#test/builders/run-orchive.ts'
import { type Attack, Random, type Siege, type Tally } from '../attack.ts'

/** A home is used for so many kills, then looked through to the bottom and replaced: safety archives stay for as long as their undo. */
const KILLS_A_HOME = 40
/** How far behind its usual end a verb may still be hit. */
const LATEST = 1.2

type Verb = 'backup' | 'restore' | 'undo' | 'forget' | 'prune' | 'verify' | 'rebuild' | 'import' | 'settle'

export const kills: Attack = {
  name: 'kills',
  about: 'kill -9 at any moment of a verb: no archive is lost, the workspace is the old one or the new one, and the next verb works',
  share: 6,
  open: async () => {
    let home: Home | null = null
    const siege: Siege = {
      async round(seed) {
        home ??= await Home.make()
        const tally = await home.kill(new Random(seed))
        if (home.kills < KILLS_A_HOME) return tally
        await siege.close()
        return tally
      },
      async close() {
        await home?.lookThrough()
        home?.remove()
        home = null
      },
    }
    return siege
  },
}

/** How long each verb took when it was let finish; shared by all homes. */
const usualMs = new Map<Verb, number>()

class Home {
  kills = 0
  /** What each archive holds; null where that is not known, as of safety archives. */
  private readonly known = new Map<string, SeenPath[] | null>()
  private readonly bench: Bench
  private exports = 0
  /** What of the root the config names: all else is no archive's business. */
  private covered: ReadonlySet<string> = new Set()

  private constructor(bench: Bench) {
    this.bench = bench
  }

  static async make(): Promise<Home> {
    const home = new Home(await makeBench({ isQuick: true, shape: 'state-in-root', packs: 6, logs: 2 }))
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

  /** Lets time pass over the workspace, kills one verb, and looks what is left. */
  async kill(random: Random): Promise<Tally> {
    this.kills++
    this.live(random)
    const verb = random.pick<Verb>([
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
    ])
    const argv = await this.argvOf(verb, random)
    if (argv === null) return {}
    const before = this.seen()
    const isKilled = await this.hit(verb, argv, random)
    let isSettlingKilled = false
    if (random.chance(0.3)) isSettlingKilled = await this.hit('settle', ['settle'], random)
    await this.run('settle')
    await this.expectNothingLost(verb, argv, before)
    return { verbs: 1, [`killed in ${verb}`]: Number(isKilled), 'killed in settling': Number(isSettlingKilled) }
  }

  /** Every archive is restored and compared, every object read. */
  async lookThrough(): Promise<void> {
    await this.run('prune', '--grace', '0')
    await this.run('catalog', 'rebuild')
    await this.run('verify', '--all', '--level', 'bytes')
    for (const [id, content] of this.known) {
      const target = join(this.bench.folder, 'target')
      await this.run('restore', id, '--target', target)
      if (content) this.expectSame(readTree(Buffer.from(target)), content, `${id} restored`)
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

  /** Starts a verb and kills it at a random moment; true when it had not ended by then. */
  private async hit(verb: Verb, argv: string[], random: Random): Promise<boolean> {
    const usual = usualMs.get(verb)
    const startedMs = performance.now()
    const child: ChildProcess = spawn(ORCHIVE, [...argv, '--home', this.bench.home], { stdio: 'ignore', detached: true })
    const exit = once(child, 'exit')
    const ended = exit.then(() => true)
    // The first of its kind shows how long it takes.
    const isThrough = usual === undefined ? await ended : await Promise.race([ended, pause(random.fraction() * usual * LATEST, false)])
    if (isThrough) {
      usualMs.set(verb, performance.now() - startedMs)
      return false
    }
    // Its workers are threads, its children are in its group.
    process.kill(-child.pid!, 'SIGKILL')
    await exit
    return true
  }

  private async expectNothingLost(verb: Verb, argv: string[], before: SeenPath[]): Promise<void> {
    const after = this.seen()
    if (verb === 'restore') this.expectEither(after, before, this.known.get(argv[1]!)!, `after ${argv.join(' ')}`)
    else if (verb !== 'undo') this.expectSame(after, before, `workspace after ${verb}`)
    else if (differences(after, before).length > 0) await this.run('backup')
    const leftOvers = readdirSync(this.bench.workspace.root).filter((name) => name.startsWith('.orchive-restore-'))
    const undos = (await this.run('undo', '--list', '--json')).json as unknown[]
    if (leftOvers.length > undos.length) throw new Error(`After ${verb}, ${leftOvers.length} working folders for ${undos.length} undos.`)
    const gone = verb === 'forget' ? argv[1]! : null
    const listed = await this.listed()
    const lost = [...this.known.keys()].filter((id) => !listed.has(id) && id !== gone)
    if (lost.length > 0) throw new Error(`After ${argv.join(' ')}, archives are gone: ${lost.join(', ')}.`)
    if (gone !== null && !listed.has(gone)) this.known.delete(gone)
    await this.learn(verb === 'backup' ? before : verb === 'undo' ? after : null)
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

  private expectEither(after: SeenPath[], old: SeenPath[], archived: SeenPath[], when: string): void {
    if (differences(after, old).length > 0) this.expectSame(after, archived, `neither old nor new ${when}`)
  }

  private expectSame(actual: SeenPath[], expected: SeenPath[], what: string): void {
    const found = differences(actual, expected)
    if (found.length > 0) throw new Error(`${what}: ${found.length} paths differ:\n${found.slice(0, 20).join('\n')}`)
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

/** In words, a line for each path that is not the same in both; times within 1 µs are. */
function differences(actual: SeenPath[], expected: SeenPath[]): string[] {
  const wanted = new Map(expected.map((seen) => [seen.path, seen]))
  const found: string[] = []
  for (const seen of actual) {
    const other = wanted.get(seen.path)
    wanted.delete(seen.path)
    const apart = other ? seen.mtimeNs - other.mtimeNs : 0n
    if (!other) found.push(`${seen.path}: is there`)
    else if (seen.type !== other.type || seen.mode !== other.mode || seen.linkedTo !== other.linkedTo)
      found.push(`${seen.path}: type, mode or link`)
    else if (seen.content !== other.content) found.push(`${seen.path}: content`)
    else if (apart > 1000n || apart < -1000n) found.push(`${seen.path}: time, ${apart} ns apart`)
  }
  return [...found, ...[...wanted.keys()].map((path) => `${path}: is not there`)]
}
