import { formatBytes } from '../lib/base/units.ts'
import { peakOf, type Results, ratioOf } from './results.ts'

/** Ratios by step and peer, and megabytes at the peak. */
type Bounds = Record<string, Record<string, number> | number>

/** What is asked of a run (bench/targets.json). */
export interface Targets {
  /** What we are after: what is missed is told. */
  goals: Record<string, Bounds>
  /** What was reached and must not be lost: `--check` fails beyond it. */
  limits: Record<string, Bounds>
  /** Milliseconds, of the figures without peers. */
  own: { versionMs: number; folderPageMs: number; compareMs: number; stateDiffMs: number; stateRestoreMs: number }
}

/** Bounds that a run does not hold, in words; what was not measured is passed over. */
export function missed(results: Results, bounds: Record<string, Bounds>): string[] {
  return Object.entries(bounds).flatMap(([name, asked]) => {
    const figures = results.workspaces[name]
    if (!figures) return []
    return Object.entries(asked).flatMap(([what, bound]) => {
      if (typeof bound === 'number') {
        const peakBytes = peakOf(figures, 'orchive')
        return peakBytes > bound * 1e6 ? [`${name}, ${what}: ${formatBytes(peakBytes)}, not ${bound} MB`] : []
      }
      return Object.entries(bound).flatMap(([peer, most]) => {
        const ratio = ratioOf(figures, what, peer)
        return ratio !== null && ratio > most ? [`${name}, ${what}: ${ratio.toFixed(2)} × ${peer}, not ${most}`] : []
      })
    })
  })
}

/** Figures without peers that are beyond their bounds, in words. */
export function missedOwn({ own }: Results, most: Targets['own']): string[] {
  if (own === null) return []
  const told: [string, number, number][] = [
    ['--version', own.versionMs, most.versionMs],
    ['folder page', own.folderPageMs, most.folderPageMs],
    ['compare of 100,000 files', own.compare.changedMs, most.compareMs],
    ['diff of two states', own.stateDiffMs, most.stateDiffMs],
    ['restore of the state, less stop and start', own.stateRestore.verbMs - own.stateRestore.runtimeMs, most.stateRestoreMs],
  ]
  return told.flatMap(([name, ms, target]) => (ms > target ? [`${name}: ${ms.toFixed(0)} ms, not ${target} ms`] : []))
}
