/** What `npm run bench` is told to do: its options, read and judged. */
import { parseArgs } from 'node:util'
import { USUAL, WORKSPACES } from './workspaces/index.ts'

export interface BenchOptions {
  workspaces: string[]
  rounds: number
  isCold: boolean
  days: number
  minutes: number
  /** Null = whichever tools are installed. */
  only: string[] | null
  /** Null = all of them. */
  steps: string[] | null
  /** Whether the figures that have no peers are taken, too. */
  withOwn: boolean
  isCheck: boolean
  isKeep: boolean
}

export const USAGE = `npm run bench -- [OPTION…]

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

/** Reads the command line; null = help is wanted. Throws for what cannot be meant. */
export function readOptions(args: string[]): BenchOptions | null {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
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
  if (values.help) return null
  const workspaces = values.workspace?.split(',') ?? USUAL
  const unknown = workspaces.filter((name) => WORKSPACES.every((workspace) => workspace.name !== name))
  if (unknown.length > 0) throw new Error(`There is no workspace ${unknown.join(', ')}.`)
  const number = (option: 'rounds' | 'days' | 'minutes', least: number) => {
    const value = Number(values[option])
    if (value >= least) return value
    throw new Error(`--${option} ${values[option]} is no number from ${least}.`)
  }
  return {
    workspaces,
    rounds: number('rounds', 1),
    isCold: values.cold,
    days: number('days', 0),
    minutes: number('minutes', 0),
    only: values.only?.split(',') ?? null,
    steps: values.steps?.split(',') ?? null,
    withOwn: !values['no-own'] && values.steps === undefined,
    isCheck: values.check,
    isKeep: values.keep,
  }
}
