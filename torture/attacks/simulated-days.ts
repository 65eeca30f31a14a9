import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { noise, readTree, type SeenPath } from '#test/builders/random-tree.ts'
import { type Bench, makeBench, runQuickly } from '#test/builders/run-orchive.ts'
import { type Attack, Random, type Tally } from '../attack.ts'
import { expectSame } from '../differences.ts'

const DAYS_A_ROUND = 16
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Before a change of clocks in the zone, before a leap day, before a year's end, and in the middle of nothing. */
const STARTS = ['2026-03-20', '2026-10-18', '2028-02-22', '2026-12-24', '2026-06-01'].map((day) => Date.parse(`${day}T02:00:00Z`))
const ZONE = 'Europe/Berlin'
/** A policy under which much goes within a round. */
const POLICY = ['--daily', '4', '--weekly', '2', '--monthly', '2', '--yearly', '0', '--time-zone', ZONE]

interface Listed {
  id: string
  createdAt: string
  grade: number | null
  suspect: boolean
  hold: unknown
}

export const simulatedDays: Attack = {
  name: 'simulated-days',
  about: 'weeks of backups, retention, holds, prunes and verifies on a clock that jumps by days and years: only what was to go is gone',
  share: 4,
  open: async () => ({
    async round(seed) {
      const random = new Random(seed)
      const home = await LivedHome.make(random)
      for (let day = 0; day < DAYS_A_ROUND; day++) await home.day()
      await home.lookThrough()
      home.remove()
      return home.tally
    },
    close: async () => undefined,
  }),
}

/** A home on a clock of its own. */
class LivedHome {
  readonly tally: Tally = { days: 0, jumps: 0, backups: 0, forgotten: 0, restored: 0 }
  private readonly bench: Bench
  private readonly random: Random
  private nowMs: number
  private readonly known = new Map<string, SeenPath[]>()
  /** What retention was told to forget. */
  private readonly mayGo = new Set<string>()
  private covered: ReadonlySet<string> = new Set()

  private constructor(bench: Bench, random: Random) {
    this.bench = bench
    this.random = random
    this.nowMs = random.pick(STARTS)
  }

  static async make(random: Random): Promise<LivedHome> {
    const home = new LivedHome(await makeBench({ isQuick: true, shape: 'state-in-root', packs: 3, logs: 1 }), random)
    mkdirSync(home.at('logs/many'))
    await home.run(['retention', 'policy', 'set', ...POLICY])
    await home.run(['backup'])
    const entries = (await home.run(['ls', 'latest', '--json'])).json as { path: string }[]
    home.covered = new Set(entries.map(({ path }) => path))
    await home.learn()
    return home
  }

  remove(): void {
    rmSync(this.bench.folder, { recursive: true, force: true })
  }

  /** Lets time pass, then does some of what people and schedules do. */
  async day(): Promise<void> {
    const { random } = this
    this.passTime()
    this.tally['days']!++
    this.live()
    for (let backups = random.pick([0, 1, 1, 1, 1, 2]); backups > 0; backups--) {
      await this.run(['backup'])
      await this.learn()
      this.tally['backups']!++
    }
    if (random.chance(0.4)) await this.run(['verify', random.pick([...(await this.listed()).keys()])])
    if (random.chance(0.15)) await this.run(['hold', random.pick([...(await this.listed()).keys()]), '--reason', 'torture'])
    const held = [...(await this.listed()).values()].filter(({ hold }) => hold)
    if (held.length > 0 && random.chance(0.3)) await this.run(['release', random.pick(held).id])
    if (random.chance(0.5)) await this.forgetByPolicy()
    if (random.chance(0.2)) await this.takeBack()
    if (random.chance(0.4)) await this.run(random.chance(0.5) ? ['prune'] : ['prune', '--grace', '0'])
    if (random.chance(0.05)) await this.run(['catalog', 'rebuild'])
    await this.expectNothingLost('the day')
  }

  /** Every archive is restored and compared, every object read. */
  async lookThrough(): Promise<void> {
    await this.run(['verify', '--all', '--level', 'bytes'])
    for (const id of (await this.listed()).keys()) {
      const target = join(this.bench.folder, 'target')
      await this.run(['restore', id, '--target', target])
      const content = this.known.get(id)
      if (content) expectSame(readTree(Buffer.from(target)), content, `${id} restored`)
      rmSync(target, { recursive: true })
      this.tally['restored']!++
    }
  }

  private passTime(): void {
    const { random } = this
    this.nowMs += DAY_MS + random.below(5) * HOUR_MS - 2 * HOUR_MS
    if (!random.chance(0.25)) return
    this.tally['jumps']!++
    this.nowMs += random.pick([-DAY_MS, -3 * HOUR_MS, 21 * DAY_MS, 365 * DAY_MS, -365 * DAY_MS])
  }

  /** Proposes what the policy says, applies it, and looks whether what had to stay did. */
  private async forgetByPolicy(): Promise<void> {
    const before = await this.listed()
    const isGood = ({ grade, suspect }: Listed) => (grade ?? 0) >= 3 && !suspect
    const plan = (await this.run(['retention', 'propose', '--json'])).json as { proposal: string | null; rests: { code: string }[] }
    const ahead = [...before.values()].filter(({ createdAt }) => Date.parse(createdAt) > this.nowMs + DAY_MS)
    if (plan.rests.length > 0) {
      if (plan.proposal !== null) throw new Error(`Retention rests (${plan.rests[0]!.code}), and proposed ${plan.proposal}.`)
      if (ahead.length > 0 && this.random.chance(0.5)) await this.run(['accept', ahead[0]!.id, '--reason', 'the clock was wrong'])
      return
    }
    if (plan.proposal === null) return
    const applied = (await this.run(['retention', 'apply', plan.proposal, '--yes', '--json'])).json as { forgotten: string[] }
    for (const id of applied.forgotten) {
      if (before.get(id)?.hold) throw new Error(`${id} was forgotten though it is held.`)
      this.mayGo.add(id)
    }
    this.tally['forgotten']! += applied.forgotten.length
    const after = await this.listed()
    const good = [...before.values()].filter(isGood)
    if (good.length > 0 && !good.some(({ id }) => after.has(id))) throw new Error('No archive is left that was known to be good.')
    if (after.size === 0) throw new Error('Retention forgot everything.')
  }

  private async takeBack(): Promise<void> {
    if (this.mayGo.size === 0) return
    const id = this.random.pick([...this.mayGo])
    // It may be gone for good by now.
    if ((await this.run(['unforget', id], [0, 1])).code === 0) this.mayGo.delete(id)
  }

  private async expectNothingLost(when: string): Promise<void> {
    const listed = await this.listed()
    const lost = [...this.known.keys()].filter((id) => !listed.has(id) && !this.mayGo.has(id))
    if (lost.length > 0) throw new Error(`After ${when}, archives are gone: ${lost.join(', ')}.`)
  }

  /** Notes archives that are new: they have to hold what there is now. */
  private async learn(): Promise<void> {
    const content = readTree(Buffer.from(this.bench.workspace.root)).filter(({ path }) => this.covered.has(path.split('/')[0]!))
    for (const id of (await this.listed()).keys()) if (!this.known.has(id)) this.known.set(id, content)
  }

  private async listed(): Promise<Map<string, Listed>> {
    const archives = (await this.run(['archives', '--json'])).json as Listed[]
    return new Map(archives.map((archive) => [archive.id, archive]))
  }

  /** Runs a verb on the clock of this home. */
  private async run(argv: string[], codes: readonly number[] = [0, 3]) {
    const env = { ORCHIVE_TEST: '1', ORCHIVE_NOW: new Date(this.nowMs).toISOString() }
    const finished = await runQuickly(this.bench.home, argv, { env })
    if (!codes.includes(finished.code ?? -1))
      throw new Error(`At ${env.ORCHIVE_NOW}, ${argv.join(' ')} ended with ${finished.code}: ${finished.stderr || finished.stdout}`)
    return finished
  }

  private at(path: string): string {
    return join(this.bench.workspace.root, path)
  }

  private live(): void {
    for (let left = 1 + this.random.below(6); left > 0; left--) {
      const path = this.at(`logs/many/${this.random.below(40)}.log`)
      if (this.random.chance(0.2)) rmSync(path, { force: true })
      else if (this.random.chance(0.5)) appendFileSync(path, `more ${this.random.below(1000)}\n`)
      else writeFileSync(path, noise(this.random.below(20_000), this.random.below(1_000_000)))
    }
  }
}
