/** Runs Orchive and the installed peers over generated workspaces and prints medians, ratios and what the machine can do. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measureBandwidths } from './bandwidth.ts'
import { type BenchOptions, readOptions, USAGE } from './options.ts'
import { measureOwn } from './own-figures.ts'
import { race } from './race.ts'
import { racers } from './racers/index.ts'
import { describeMachine, toMarkdown } from './report.ts'
import type { Results } from './results.ts'
import { missed, missedOwn, type Targets } from './targets.ts'
import { USUAL, WORKSPACES } from './workspaces/index.ts'

const options = optionsOrExit()
const here = dirname(fileURLToPath(import.meta.url))
const work = join(process.env.ORCHIVE_BENCH_DIR ?? tmpdir(), `orchive-bench-${process.pid}`)
const field = racers().filter(({ name }) => options.only === null || options.only.includes(name))
const untilMs = performance.now() + options.minutes * 60_000
mkdirSync(work, { recursive: true })

const results: Results = {
  machine: describeMachine(work),
  bandwidths: measureBandwidths(work),
  versions: Object.fromEntries(field.map(({ name, version }) => [name, version])),
  workspaces: {},
  leftOut: [],
  own: null,
}
const targets = JSON.parse(readFileSync(join(here, 'targets.json'), 'utf8')) as Targets

const isPart = options.workspaces !== USUAL || options.only !== null || options.steps !== null

/** Writes the results so far, where they are to be kept; returns them as a page. */
function keep(): string {
  const page = toMarkdown(results, missed(results, targets.goals))
  if (isPart && !options.isKeep) return page
  const kept = isPart ? withEarlier(results) : results
  writeFileSync(join(here, 'results.json'), `${JSON.stringify(kept, null, 2)}\n`)
  writeFileSync(join(here, 'results.md'), toMarkdown(kept, missed(kept, targets.goals)))
  return page
}

/** A part of the figures, and beside it those kept from before that it does not replace. */
function withEarlier(part: Results): Results {
  const earlier = JSON.parse(readFileSync(join(here, 'results.json'), 'utf8')) as Results
  const workspaces = { ...earlier.workspaces, ...part.workspaces }
  const inOrder = WORKSPACES.flatMap(({ name }) => (workspaces[name] ? [[name, workspaces[name]] as const] : []))
  return { ...part, workspaces: Object.fromEntries(inOrder), own: part.own ?? earlier.own }
}

try {
  for (const [i, name] of options.workspaces.entries()) {
    // What is left of the time is for all that are still to come.
    const nowMs = performance.now()
    if (i > 0 && nowMs > untilMs) {
      results.leftOut.push(name)
      continue
    }
    results.workspaces[name] = await race(WORKSPACES.find((workspace) => workspace.name === name)!, field, {
      folder: join(work, name),
      rounds: options.rounds,
      isCold: options.isCold,
      days: options.days,
      steps: options.steps,
      untilMs: nowMs + (untilMs - nowMs) / (options.workspaces.length - i),
    })
    // What is measured is kept, whatever becomes of the rest.
    keep()
  }
  if (options.withOwn && performance.now() < untilMs) results.own = await measureOwn(work)
} finally {
  rmSync(work, { recursive: true, force: true })
}

const lost = [...missed(results, targets.limits), ...missedOwn(results, targets.own)]
const page = keep()
console.log(page)
for (const line of lost) console.log(`Beyond its limit: ${line}`)
if (options.isCheck && lost.length > 0) process.exit(1)

function optionsOrExit(): BenchOptions {
  try {
    const read = readOptions(process.argv.slice(2))
    if (read !== null) return read
    console.log(USAGE)
    process.exit(0)
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`)
    process.exit(2)
  }
}
