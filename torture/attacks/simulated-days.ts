import { type Attack, Random, type Tally } from '../attack.ts'
import { Home } from '../home.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** How many days a round lives through, jumps not counted. */
const DAYS = 20
const ZONE = 'Europe/Berlin'
/** Before the clock goes forward, before it goes back, before a leap day and before a new year. */
const STARTS = ['2027-03-18T01:20:00Z', '2027-10-21T00:40:00Z', '2028-02-19T22:30:00Z', '2027-12-22T23:50:00Z'].map(Date.parse)
/** How much later a day begins, and how often: now and then the clock is wrong, or the host was dead. */
const STEPS: [number, string, number][] = [
  [0.8, 'days', DAY_MS],
  [0.07, 'dead for three weeks', 21 * DAY_MS],
  [0.07, 'back by a day', -DAY_MS],
  [0.06, 'clock a year ahead for a while', DAY_MS],
]

interface Listed {
  id: string
  createdAt: string
  suspect: boolean
  grade: number | null
}

interface Plan {
  proposal: string | null
  archives: { archiveId: string; keep: boolean; createdAt: string }[]
}

export const simulatedDays: Attack = {
  name: 'simulated-days',
  about: 'weeks in a home whose clock jumps: nothing goes but what policy or somebody asked for, and all that stays can be restored',
  share: 3,
  async open() {
    return {
      async round(seed) {
        const random = new Random(seed)
        const home = await Home.make({ isQuick: true, nowMs: random.pick(STARTS) + random.below(6 * HOUR_MS) })
        const tally = await new Life(home, random).live()
        home.remove()
        return tally
      },
      close: async () => undefined,
    }
  },
}

/** What somebody does with a home day by day, and what he has to find. */
class Life {
  private readonly home: Home
  private readonly random: Random
  private readonly policy
  private readonly tally: Tally = {}
  /** Until when each held archive is. */
  private readonly holds = new Map<string, number>()
  /** Archives from the future that somebody said are fine. */
  private readonly accepted = new Set<string>()
  /** Archives that were known good once. */
  private readonly proven = new Set<string>()
  private pending: Plan | null = null

  constructor(home: Home, random: Random) {
    this.home = home
    this.random = random
    this.policy = { daily: 2 + random.below(8), weekly: random.below(4), monthly: random.below(3) }
  }

  async live(): Promise<Tally> {
    const { daily, weekly, monthly } = this.policy
    const numbers = ['--daily', `${daily}`, '--weekly', `${weekly}`, '--monthly', `${monthly}`, '--yearly', '0']
    await this.home.run('retention', 'policy', 'set', ...numbers, '--time-zone', ZONE)
    for (let day = 0; day < DAYS; day++) await this.day()
    for (const id of this.sample(3)) await this.home.expectRestorable(id)
    this.home.nowMs! += DAY_MS
    await this.home.lookThrough()
    this.count('archives restored at the end', this.home.whole.length)
    return this.tally
  }

  private async day(): Promise<void> {
    const { home, random } = this
    const at = random.fraction()
    let sum = 0
    const [, what, stepMs] = STEPS.find(([chance]) => at < (sum += chance)) ?? STEPS[0]!
    this.count(what)
    home.nowMs! += stepMs + random.below(2 * HOUR_MS) - HOUR_MS
    if (what === 'clock a year ahead for a while') await this.elsewhen(365 * DAY_MS)
    const usual = [() => this.backUp(), () => this.backUp(), () => this.retain(), () => this.prove()]
    const seldom = [
      () => this.forget(),
      () => this.unforget(),
      () => this.hold(),
      () => this.release(),
      () => this.accept(),
      () => this.prune(),
    ]
    for (const act of usual) if (random.chance(0.6)) await act()
    for (const act of seldom) if (random.chance(0.2)) await act()
    await this.home.expectNoneGone(`the ${new Date(home.nowMs!).toISOString()}`)
    if (random.chance(0.1)) for (const id of this.sample(1)) await home.expectRestorable(id)
  }

  /** A backup and a look by the wrong clock; then it is right again. */
  private async elsewhen(byMs: number): Promise<void> {
    this.home.nowMs! += byMs
    await this.backUp()
    if (this.random.chance(0.5)) await this.retain()
    this.home.nowMs! -= byMs
  }

  private async backUp(): Promise<void> {
    this.home.live(this.random)
    this.home.nowMs! += this.random.below(3 * HOUR_MS) + 1000
    const { archiveId } = (await this.home.run('backup', '--json')).json as { archiveId: string }
    await this.home.learn(this.home.seen())
    if (!this.home.whole.includes(archiveId)) throw new Error(`${archiveId} was taken and is not listed.`)
    this.count('backups')
  }

  /** A proposal, which is applied at once, later or never. */
  private async retain(): Promise<void> {
    if (this.pending && this.random.chance(0.5)) await this.apply(this.pending, ['proposal_state'])
    const ahead = await this.ahead()
    const { stdout } = await this.home.run('retention', 'propose', '--json')
    const plan = JSON.parse(stdout.trim().split('\n').at(-1)!) as Plan
    if (ahead.length > 0 && plan.proposal !== null) throw new Error(`${plan.proposal} was made while ${ahead[0]!.id} is from the future.`)
    if (ahead.length > 0) this.count('proposals that rested')
    this.expectPolicyKept(plan, await this.listed())
    this.pending = plan.proposal === null ? null : plan
    if (this.pending && this.random.chance(0.6)) await this.apply(this.pending, [])
  }

  private async apply(plan: Plan, mayBe: string[]): Promise<void> {
    this.pending = null
    const before = await this.listed()
    const ahead = await this.ahead()
    const goes = plan.archives.filter(({ keep }) => !keep).map(({ archiveId }) => archiveId)
    const applied = await this.keepingTheGood(() => this.may(['retention', 'apply', plan.proposal!, '--yes'], mayBe))
    if (!applied) return this.count('proposals that were void')
    for (const id of goes) this.home.letGo(id)
    const left = await this.home.expectNoneGone(plan.proposal!)
    const gone = before.filter(({ id }) => !left.has(id))
    if (gone.length > 0 && ahead.length > 0) throw new Error(`${plan.proposal} forgot while ${ahead[0]!.id} is from the future.`)
    for (const { id } of gone) if (this.isHeld(id)) throw new Error(`${plan.proposal} forgot ${id}, which is held.`)
    this.count('proposals applied')
    this.count('archives forgotten by policy', gone.length)
  }

  /** Of each day in the window the newest archive stays, reckoned here once more. Whatever is near the window's edge is left out. */
  private expectPolicyKept({ archives }: Plan, listed: Listed[]): void {
    const past = listed.filter(({ createdAt, suspect }) => !suspect && Date.parse(createdAt) <= this.home.nowMs!)
    const newest = Math.max(...past.map(({ createdAt }) => Date.parse(createdAt)))
    const days = new Map<string, Listed>()
    for (const archive of past) {
      const day = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE }).format(Date.parse(archive.createdAt))
      if (!days.has(day) || days.get(day)!.createdAt < archive.createdAt) days.set(day, archive)
    }
    const sinceMs = newest - this.policy.daily * DAY_MS + 2 * HOUR_MS
    const must = [...days.values()].filter(({ createdAt }) => Date.parse(createdAt) > sinceMs).map(({ id }) => id)
    must.push(...[...this.holds.keys()].filter((id) => this.isHeld(id)))
    for (const { archiveId, keep } of archives)
      if (!keep && must.includes(archiveId))
        throw new Error(`${archiveId} would go: it is held, or the newest of a day within ${this.policy.daily} days.`)
  }

  private async prove(): Promise<void> {
    if (this.home.whole.length === 0) return
    const which = this.random.pick([
      ['--due', '--level', 'content'],
      ['latest', '--level', 'content'],
      ['latest', '--level', 'config'],
      ['latest', '--level', 'drill'],
    ])
    await this.home.run('verify', ...which)
    // While its proof counts: later it is seen no more that there was one.
    await this.onceGood()
    this.count('verifications')
  }

  private async forget(): Promise<void> {
    const [id] = this.sample(1)
    if (id === undefined) return
    this.home.letGo(id)
    const isDone = await this.keepingTheGood(() => this.may(['forget', id, '--reason', 'torture'], ['archive_kept']))
    if (isDone && this.isHeld(id)) throw new Error(`${id} is held, and was forgotten.`)
    if (!isDone) this.home.takeBack(id)
    this.count(isDone ? 'forgotten by hand' : 'had to stay', 1)
    await this.home.expectNoneGone(`forget ${id}`)
  }

  private async unforget(): Promise<void> {
    const id = this.random.pick(await this.trash())?.id
    if (id === undefined) return
    await this.home.run('unforget', id)
    this.home.takeBack(id)
    this.count('taken back')
  }

  private async prune(): Promise<void> {
    const before = await this.trash()
    await this.keepingTheGood(() => this.home.run('prune'))
    const left = new Set((await this.trash()).map(({ id }) => id))
    const early = before.find(({ id, goneAfter }) => !left.has(id) && Date.parse(goneAfter) > this.home.nowMs!)
    if (early) throw new Error(`${early.id} was pruned before ${early.goneAfter}.`)
    this.count('prunes')
  }

  private async hold(): Promise<void> {
    const [id] = this.sample(1)
    if (id === undefined) return
    const untilMs = this.random.chance(0.5) ? Number.POSITIVE_INFINITY : this.home.nowMs! + 5 * DAY_MS
    const until = Number.isFinite(untilMs) ? ['--until', new Date(untilMs).toISOString()] : []
    await this.home.run('hold', id, '--reason', 'torture', ...until)
    this.holds.set(id, untilMs)
    this.count('holds')
  }

  private async release(): Promise<void> {
    const id = this.random.pick([...this.holds.keys()].filter((held) => this.isHeld(held) && this.home.whole.includes(held)))
    if (id === undefined) return
    await this.home.run('release', id)
    this.holds.delete(id)
  }

  private async accept(): Promise<void> {
    for (const { id } of await this.ahead()) {
      await this.home.run('accept', id, '--reason', 'the clock was wrong')
      this.accepted.add(id)
      this.count('accepted from the future')
    }
    await this.onceGood()
  }

  /** False when it was refused with one of these codes; any other refusal is a failure. */
  private async may(argv: string[], mayBe: string[]): Promise<boolean> {
    const { code, stdout } = await this.home.try(...argv, '--json')
    if (code === 0 || code === 3) return true
    if (mayBe.includes((JSON.parse(stdout.trim().split('\n').at(-1)!) as { code: string }).code)) return false
    throw new Error(`${argv.join(' ')} ended with ${code}: ${stdout}`)
  }

  /** Whatever is taken away, what was the last known good archive is there afterwards; where all proofs have lapsed, one that had one. */
  private async keepingTheGood<T>(work: () => Promise<T>): Promise<T> {
    const { knownGood } = (await this.home.run('evidence', '--json')).json as { knownGood: { id: string } | null }
    const had = await this.onceGood()
    const done = await work()
    const has = await this.onceGood()
    if (knownGood && had.includes(knownGood.id) && !has.includes(knownGood.id))
      throw new Error(`${knownGood.id} was the last known good archive, and is gone.`)
    if (had.length > 0 && has.length === 0) throw new Error(`None is left of those that were known good once: ${had.join(', ')}.`)
    return done
  }

  /** What is listed, not from the future, and was proven at some time. */
  private async onceGood(): Promise<string[]> {
    const listed = await this.listed()
    for (const { id, grade, suspect } of listed) if (grade !== null && grade >= 3 && !suspect) this.proven.add(id)
    const past = listed.filter(({ createdAt }) => Date.parse(createdAt) <= this.home.nowMs!)
    return past.map(({ id }) => id).filter((id) => this.proven.has(id))
  }

  private async listed(): Promise<Listed[]> {
    return (await this.home.run('archives', '--json')).json as Listed[]
  }

  private async trash(): Promise<{ id: string; goneAfter: string }[]> {
    return (await this.home.run('trash', '--json')).json as { id: string; goneAfter: string }[]
  }

  /** From the future, by more than any clock is wrong unnoticed, and accepted by nobody. */
  private async ahead(): Promise<Listed[]> {
    return (await this.listed()).filter(({ id, createdAt }) => Date.parse(createdAt) > this.home.nowMs! + DAY_MS && !this.accepted.has(id))
  }

  private isHeld(id: string): boolean {
    return (this.holds.get(id) ?? Number.NEGATIVE_INFINITY) > this.home.nowMs!
  }

  private sample(count: number): string[] {
    const { whole } = this.home
    return Array.from({ length: Math.min(count, whole.length) }, () => this.random.pick(whole))
  }

  private count(what: string, by = 1): void {
    this.tally[what] = (this.tally[what] ?? 0) + by
  }
}
