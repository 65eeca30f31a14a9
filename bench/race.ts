import { spawnSync } from 'node:child_process'
import { cpSync, readdirSync, rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isPageCacheDropped } from './page-cache.ts'
import { folderBytes, type Place, type Racer, STEPS, type Step } from './racers/racer.ts'
import { type Cache, noFigures, type WorkspaceFigures } from './results.ts'
import type { BenchWorkspace } from './workspaces/workspace.ts'

export interface RaceOptions {
  /** Folder of this race alone. */
  folder: string
  rounds: number
  /** One more round, the page cache dropped before every step. */
  isCold: boolean
  /** Days of use after the round that sizes are taken of. */
  days: number
  /** Steps wanted; the first archive is always taken. */
  steps: readonly string[] | null
  /** Milliseconds of `performance.now()` after which no further round is begun. */
  untilMs: number
}

/** Files written within the last 2 s are read again by a careful tool, whatever their stamps say; a day later that is nobody's case. */
const SETTLE_MS = 3000

/** Runs the tools over one kind of workspace, in turn within each step so that a drifting machine touches all alike. */
export async function race(workspace: BenchWorkspace, racers: readonly Racer[], options: RaceOptions): Promise<WorkspaceFigures> {
  const pristine = join(options.folder, 'pristine')
  workspace.make(pristine)
  const figures: WorkspaceFigures = {
    about: workspace.about,
    measuredOn: new Date().toISOString().slice(0, 10),
    load: loadavg()[0]!,
    files: countFiles(pristine),
    bytes: folderBytes(pristine),
    rounds: { warm: 0, cold: 0 },
    days: options.days,
    tools: Object.fromEntries(racers.map(({ name }) => [name, noFigures()])),
  }
  const rounds = Math.min(options.rounds, workspace.mostRounds ?? options.rounds)
  let roundMs = 0
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now()
    if (round > 0 && startedMs + roundMs > options.untilMs) break
    console.error(`${workspace.name}: round ${round + 1} of ${rounds}`)
    await new Round(workspace, racers, options, figures, 'warm', round).run(pristine)
    roundMs = performance.now() - startedMs
  }
  if (options.isCold && isPageCacheDropped() && performance.now() + roundMs < options.untilMs) {
    console.error(`${workspace.name}: once more with a cold cache`)
    await new Round(workspace, racers, options, figures, 'cold', 0).run(pristine)
  }
  rmSync(options.folder, { recursive: true, force: true })
  return figures
}

class Round {
  private readonly workspace: BenchWorkspace
  private readonly racers: readonly Racer[]
  private readonly options: RaceOptions
  private readonly figures: WorkspaceFigures
  private readonly cache: Cache
  private readonly round: number
  private readonly root: string

  constructor(
    workspace: BenchWorkspace,
    racers: readonly Racer[],
    options: RaceOptions,
    figures: WorkspaceFigures,
    cache: Cache,
    round: number,
  ) {
    this.workspace = workspace
    this.racers = racers
    this.options = options
    this.figures = figures
    this.cache = cache
    this.round = round
    this.root = join(options.folder, 'workspace')
  }

  async run(pristine: string): Promise<void> {
    const { workspace, racers, round, root } = this
    rmSync(root, { recursive: true, force: true })
    cpSync(pristine, root, { recursive: true, preserveTimestamps: true })
    await delay(SETTLE_MS)
    for (const racer of racers) racer.prepare(this.placeOf(racer))
    for (const step of STEPS) {
      if (!this.isWanted(step)) continue
      if (step === 'day later') {
        this.noteSizes('storedFirst')
        workspace.advanceDay(root, round + 1)
        await delay(SETTLE_MS)
      }
      if (step === 'forget and prune') await this.age()
      // Each round starts with another tool, so that none always meets the machine in the same mood.
      for (let i = 0; i < racers.length; i++) await this.time(racers[(i + round) % racers.length]!, step)
    }
    if (!this.isWanted('day later')) this.noteSizes('storedFirst')
    if (this.isWanted('forget and prune')) this.noteSizes('storedPruned')
    this.figures.rounds[this.cache]++
  }

  private isWanted(step: Step): boolean {
    if (this.workspace.steps && !this.workspace.steps.includes(step)) return false
    return step === 'first' || this.options.steps === null || this.options.steps.includes(step)
  }

  private placeOf({ name }: Racer): Place {
    return { work: join(this.options.folder, name), root: this.root, oneFile: this.workspace.oneFile }
  }

  private async age(): Promise<void> {
    const { workspace, options, racers, root } = this
    this.noteSizes('storedAfter')
    if (this.cache === 'warm' && this.round === 0 && options.days > 0) {
      for (let day = 1; day <= options.days; day++) {
        workspace.advanceDay(root, 100 + day)
        await delay(SETTLE_MS)
        for (const racer of racers) await racer.backUp?.(this.placeOf(racer))
      }
      this.noteSizes('storedLater')
    }
    workspace.age(root)
    for (const racer of racers) await racer.backUp?.(this.placeOf(racer))
  }

  private noteSizes(what: 'storedFirst' | 'storedAfter' | 'storedPruned' | 'storedLater'): void {
    if (this.cache === 'cold') return
    for (const racer of this.racers) this.figures.tools[racer.name]![what].push(racer.storedBytes(this.placeOf(racer)))
  }

  /** A peer that fails is noted and left behind; ours ends the race. */
  private async time(racer: Racer, step: Step): Promise<void> {
    const perform = racer.run[step]
    const of = this.figures.tools[racer.name]!
    if (!perform || of.failures.length > 0) return
    // What one tool left to be written would be waited for by the next that asks the disk for anything.
    spawnSync('sync')
    if (this.cache === 'cold') isPageCacheDropped()
    try {
      const run = await perform(this.placeOf(racer))
      const figures = (of.steps[this.cache][step] ??= { wallMs: [], cpuMs: [], peakBytes: [] })
      figures.wallMs.push(run.wallMs)
      if (run.cpuMs !== null) figures.cpuMs.push(run.cpuMs)
      if (run.peakBytes !== null) figures.peakBytes.push(run.peakBytes)
      console.error(`  ${step.padEnd(18)} ${racer.name.padEnd(10)} ${(run.wallMs / 1000).toFixed(2)} s`)
    } catch (error) {
      if (racer.name === 'orchive') throw error
      of.failures.push(`${step}: ${error instanceof Error ? error.message : String(error)}`)
      console.error(`  ${step.padEnd(18)} ${racer.name.padEnd(10)} failed: ${of.failures[0]}`)
    }
  }
}

const countFiles = (root: string) => readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length
