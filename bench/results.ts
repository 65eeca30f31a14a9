/** What a run of the bench measured, and what may be asked of it. */
import type { Bandwidths } from './bandwidth.ts'
import type { CompareFigures } from './engine-compare.ts'
import { median } from './measure.ts'
import type { Step } from './racers/racer.ts'
import type { StateRestoreFigures } from './state-restore.ts'

export type Cache = 'warm' | 'cold'

/** What one tool did in one step, over all rounds. */
export interface StepFigures {
  wallMs: number[]
  cpuMs: number[]
  peakBytes: number[]
}

export interface ToolFigures {
  steps: Record<Cache, Partial<Record<Step, StepFigures>>>
  storedFirst: number[]
  storedAfter: number[]
  /** Once all archives but the newest were forgotten and pruned. */
  storedPruned: number[]
  /** After so many days of use more, where they were asked for. */
  storedLater: number[]
  /** Steps that it failed at, with why. */
  failures: string[]
}

export interface WorkspaceFigures {
  about: string
  /** Day of the race, YYYY-MM-DD, and the load average before it. */
  measuredOn: string
  load: number
  files: number
  bytes: number
  rounds: Record<Cache, number>
  /** Days of use after the first round that `storedLater` is of. */
  days: number
  tools: Record<string, ToolFigures>
}

/** The console's and the engine's own figures, without peers. */
export interface OwnFigures {
  versionMs: number
  folderPageMs: number
  compare: CompareFigures
  stateDiffMs: number
  stateRestore: StateRestoreFigures
}

export interface Results {
  machine: { cpu: string; cores: number; memoryBytes: number; node: string; platform: string; disk: string }
  bandwidths: Bandwidths
  versions: Record<string, string>
  workspaces: Record<string, WorkspaceFigures>
  /** Workspaces that the time did not suffice for. */
  leftOut: string[]
  own: OwnFigures | null
}

/** A tool without figures yet. */
export const noFigures = (): ToolFigures => ({
  steps: { warm: {}, cold: {} },
  storedFirst: [],
  storedAfter: [],
  storedPruned: [],
  storedLater: [],
  failures: [],
})

/** What ratios can be of, besides steps. */
export const SIZES = { stored: 'storedFirst', 'stored later': 'storedLater' } as const
/** Peers that keep archives beside each other and so do all steps. */
const REPOSITORIES = ['restic', 'rustic', 'borg']

/** Median of a step, or of a size; null when it was not measured. */
export function figureOf(figures: WorkspaceFigures, tool: string, what: string, kind: 'wallMs' | 'cpuMs' = 'wallMs'): number | null {
  const of = figures.tools[tool]
  if (!of) return null
  const values = what in SIZES ? of[SIZES[what as keyof typeof SIZES]] : (of.steps.warm[what as Step]?.[kind] ?? [])
  return values.length > 0 ? median(values) : null
}

/** Ours divided by theirs, warm; `best` is the least of the peers that are repositories. Null when either did not run. */
export function ratioOf(figures: WorkspaceFigures, what: string, peer: string, kind: 'wallMs' | 'cpuMs' = 'wallMs'): number | null {
  const ours = figureOf(figures, 'orchive', what, kind)
  const peers = peer === 'best' ? REPOSITORIES : [peer]
  const theirs = peers.map((name) => figureOf(figures, name, what, kind)).filter((value) => value !== null)
  return ours === null || theirs.length === 0 ? null : ours / Math.min(...theirs)
}

/** Highest peak of memory of the steps named, or of all. */
export function peakOf(figures: WorkspaceFigures, tool: string, steps?: readonly Step[]): number {
  const peaks = Object.entries(figures.tools[tool]?.steps.warm ?? {}).flatMap(([step, { peakBytes }]) =>
    !steps || steps.includes(step as Step) ? peakBytes : [],
  )
  return Math.max(0, ...peaks)
}
