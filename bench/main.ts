/**
 * Runs Orchive and the installed peers over one generated workspace, tools in turn within each round so that a drifting machine
 * touches all alike, and prints medians and ratios. Options: --rounds N, --small, --check, --no-api, --only NAME[,NAME],
 * --steps STEP[,STEP] (the first archive is always taken).
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Contestant, contestants, folderBytes, STEPS, type Step } from './contestants.ts'
import { measureCompare, measureStateDiff } from './engine-compare.ts'
import { measureFolderPage } from './folder-page.ts'
import { measure, median } from './measure.ts'
import { describeMachine, missedTargets, type Results, type Targets, type ToolFigures, toMarkdown } from './report.ts'
import { measureStateRestore } from './state-restore.ts'
import { makeWideWorkspace } from './wide-workspace.ts'
import { advanceDay, ageWorkspace, FULL, makeWorkload } from './workload.ts'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    small: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    'no-api': { type: 'boolean', default: false },
    only: { type: 'string' },
    steps: { type: 'string' },
  },
})
const SETTLE_MS = 3000
const here = dirname(fileURLToPath(import.meta.url))
const work = join(process.env.ORCHIVE_BENCH_DIR ?? tmpdir(), `orchive-bench-${process.pid}`)
const size = options.small ? { logs: 4, logMb: 5, packs: 500, stateMb: 1 } : FULL
const only = options.only?.split(',')
const wanted = options.steps?.split(',')
const racers = contestants().filter((racer) => !only || only.includes(racer.name))

const pristine = join(work, 'pristine')
mkdirSync(work, { recursive: true })
console.error('Generating the workspace…')
makeWorkload(pristine, size)

const results: Results = {
  machine: describeMachine(),
  workload: { files: size.logs + size.packs + 2, bytes: folderBytes(pristine) },
  rounds: Number(options.rounds),
  tools: Object.fromEntries(
    racers.map((racer) => [
      racer.name,
      { version: racer.version, steps: {}, storedFirst: [], storedAfter: [], storedPruned: [] } as ToolFigures,
    ]),
  ),
  versionMs: 0,
  folderPageMs: null,
  compare: null,
  stateDiffMs: 0,
  stateRestore: { verbMs: 0, runtimeMs: 0 },
}

async function runStep(step: Step, round: number, root: string): Promise<void> {
  // Each round starts with another tool, so that none always meets the machine in the same mood.
  for (let i = 0; i < racers.length; i++) {
    const racer = racers[(i + round) % racers.length]!
    await timeStep(racer, step, root)
  }
}

async function timeStep(racer: Contestant, step: Step, root: string): Promise<void> {
  const perform = racer.run[step]
  if (!perform) return
  const run = await perform(join(work, racer.name.replace('|', '-')), root)
  const figures = (results.tools[racer.name]!.steps[step] ??= { wallMs: [], peakBytes: [] })
  figures.wallMs.push(run.wallMs)
  if (run.peakBytes !== null) figures.peakBytes.push(run.peakBytes)
  console.error(`  ${step.padEnd(18)} ${racer.name.padEnd(10)} ${(run.wallMs / 1000).toFixed(2)} s`)
}

for (let round = 0; round < results.rounds; round++) {
  console.error(`Round ${round + 1} of ${results.rounds}`)
  const root = join(work, 'workspace')
  rmSync(root, { recursive: true, force: true })
  cpSync(pristine, root, { recursive: true, preserveTimestamps: true })
  const folderOf = (racer: Contestant) => join(work, racer.name.replace('|', '-'))
  for (const racer of racers) racer.prepare(folderOf(racer), root)
  for (const step of STEPS) {
    if (wanted && step !== 'first' && !wanted.includes(step)) continue
    if (step === 'day later') {
      for (const racer of racers) results.tools[racer.name]!.storedFirst.push(racer.storedBytes(folderOf(racer)))
      advanceDay(root, size, round + 1)
      // Files written within the last 2 s are read again by a careful tool, whatever their stamps say; a day later that is nobody's case.
      await delay(SETTLE_MS)
    }
    if (step === 'forget and prune') {
      for (const racer of racers) results.tools[racer.name]!.storedAfter.push(racer.storedBytes(folderOf(racer)))
      ageWorkspace(root)
      for (const racer of racers) await racer.backUp?.(folderOf(racer), root)
    }
    await runStep(step, round, root)
  }
  for (const racer of racers) results.tools[racer.name]!.storedPruned.push(racer.storedBytes(folderOf(racer)))
}

const orchive = join(here, '../bin/orchive')
const starts: number[] = []
for (let i = 0; i < 7; i++) starts.push((await measure([orchive, '--version'])).wallMs)
results.versionMs = median(starts.slice(1))
if (!wanted) {
  results.stateDiffMs = measureStateDiff()
  results.stateRestore = await measureStateRestore()
}
if (!wanted && !options['no-api']) {
  console.error('Generating a workspace of 100,000 files…')
  const wide = makeWideWorkspace(join(work, 'wide'))
  results.compare = await measureCompare(wide)
  results.folderPageMs = await measureFolderPage(wide)
}

rmSync(work, { recursive: true, force: true })
if (!options.small && !only && !wanted) {
  writeFileSync(join(here, 'results.json'), `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(join(here, 'results.md'), toMarkdown(results))
}
console.log(toMarkdown(results))
const missed = missedTargets(results, JSON.parse(readFileSync(join(here, 'targets.json'), 'utf8')) as Targets)
for (const line of missed) console.log(`Missed: ${line}`)
if (options.check && missed.length > 0) process.exit(1)
