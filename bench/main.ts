/** Runs Orchive and the installed peers over generated workspaces and prints medians, ratios and what the machine can do. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { measureBandwidths } from './bandwidth.ts'
import { measureOwn } from './own-figures.ts'
import { race } from './race.ts'
import { racers } from './racers/index.ts'
import { describeMachine, toMarkdown } from './report.ts'
import type { Results } from './results.ts'
import { missed, missedOwn, type Targets } from './targets.ts'
import { USUAL, WORKSPACES } from './workspaces/index.ts'

const USAGE = `npm run bench -- [OPTION…]

Runs Orchive and whichever of its peers are installed over generated workspaces, in turn, and prints medians, ratios and what the machine can do.

  --workspace NAMES  with commas between: ${WORKSPACES.map(({ name }) => name).join(', ')} (${USUAL.join(', ')})
  --rounds N         of each step (3)
  --cold             one more round with a cold page cache, as root
  --days N           sizes after so many days more (0)
  --minutes N        no round is begun after that (12)
  --only TOOLS       these alone, with commas between
  --steps STEPS      these alone, with commas between
  --no-own           without the figures that have no peers
  --check            ends with 1 beyond the limits of targets.json
  --keep             writes results.json and results.md also of a part; what else is in there stays`

const { values: options } = parseArgs({
  options: {
    help: { type: 'boolean', default: false },
    workspace: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    cold: { type: 'boolean', default: false },
    days: { type: 'string', default: '0' },
    minutes: { type: 'string', default: '12' },
    only: { type: 'string' },
    steps: { type: 'string' },
    'no-own': { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
})
if (options.help) {
  console.log(USAGE)
  process.exit(0)
}
const here = dirname(fileURLToPath(import.meta.url))
const work = join(process.env.ORCHIVE_BENCH_DIR ?? tmpdir(), `orchive-bench-${process.pid}`)
const names = options.workspace?.split(',') ?? USUAL
const unknown = names.filter((name) => WORKSPACES.every((workspace) => workspace.name !== name))
if (unknown.length > 0)
  throw new Error(`No such workspace: ${unknown.join(', ')}; there are ${WORKSPACES.map(({ name }) => name).join(', ')}.`)
const only = options.only?.split(',')
const field = racers().filter(({ name }) => !only || only.includes(name))
const untilMs = performance.now() + Number(options.minutes) * 60_000
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

const isPart = Boolean(options.workspace || only || options.steps)

/** Writes the results so far, where they are to be kept; returns them as a page. */
function keep(): string {
  const page = toMarkdown(results, missed(results, targets.goals))
  if (isPart && !options.keep) return page
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
  for (const [i, name] of names.entries()) {
    // What is left of the time is for all that are still to come.
    const nowMs = performance.now()
    if (i > 0 && nowMs > untilMs) {
      results.leftOut.push(name)
      continue
    }
    results.workspaces[name] = await race(WORKSPACES.find((workspace) => workspace.name === name)!, field, {
      folder: join(work, name),
      rounds: Number(options.rounds),
      isCold: options.cold,
      days: Number(options.days),
      steps: options.steps?.split(',') ?? null,
      untilMs: nowMs + (untilMs - nowMs) / (names.length - i),
    })
    // What is measured is kept, whatever becomes of the rest.
    keep()
  }
  if (!options['no-own'] && !options.steps && performance.now() < untilMs) results.own = await measureOwn(work)
} finally {
  rmSync(work, { recursive: true, force: true })
}

const lost = [...missed(results, targets.limits), ...missedOwn(results, targets.own)]
const page = keep()
console.log(page)
for (const line of lost) console.log(`Beyond its limit: ${line}`)
if (options.check && lost.length > 0) process.exit(1)
