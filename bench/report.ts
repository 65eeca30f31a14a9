import { cpus, totalmem } from 'node:os'
import { formatBytes } from '../lib/base/units.ts'
import { STEPS, type Step } from './contestants.ts'
import type { CompareFigures } from './engine-compare.ts'
import { median } from './measure.ts'
import type { StateRestoreFigures } from './state-restore.ts'

/** What one tool did in one step, over all rounds. */
export interface StepFigures {
  wallMs: number[]
  peakBytes: number[]
}

export interface ToolFigures {
  version: string
  steps: Partial<Record<Step, StepFigures>>
  storedFirst: number[]
  storedAfter: number[]
  /** Once all archives but the newest were forgotten and pruned. */
  storedPruned: number[]
}

export interface Results {
  machine: { cpu: string; cores: number; memoryBytes: number; node: string; platform: string }
  workload: { files: number; bytes: number }
  rounds: number
  tools: Record<string, ToolFigures>
  versionMs: number
  /** Null where the workspace of 100,000 files was left out. */
  folderPageMs: number | null
  compare: CompareFigures | null
  stateDiffMs: number
  stateRestore: StateRestoreFigures
}

export interface Targets {
  versionMs: number
  folderPageMs: number
  compareMs: number
  stateDiffMs: number
  /** Of a restore, less what the runtime itself takes to stop and start. */
  stateRestoreMs: number
  peakMegabytes: number
  [step: string]: Record<string, number> | number
}

/** The machine the figures were taken on. */
export function describeMachine(): Results['machine'] {
  const processors = cpus()
  return {
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  }
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`

function cell(figures: StepFigures | undefined): string {
  if (!figures || figures.wallMs.length === 0) return '-'
  const sorted = [...figures.wallMs].sort((a, b) => a - b)
  return `${seconds(median(sorted))} (${seconds(sorted[0]!)}–${seconds(sorted.at(-1)!)})`
}

/** Median of ours divided by the median of theirs; null when either did not run. */
export function ratioOf(results: Results, step: string, peer: string): number | null {
  const ours = results.tools.orchive
  const theirs = results.tools[peer]
  if (!ours || !theirs) return null
  if (step === 'stored')
    return ours.storedFirst.length && theirs.storedFirst.length ? median(ours.storedFirst) / median(theirs.storedFirst) : null
  const a = ours.steps[step as Step]?.wallMs
  const b = theirs.steps[step as Step]?.wallMs
  return a?.length && b?.length ? median(a) / median(b) : null
}

/** The results as a Markdown page: machine, medians with spread, ratios, memory, size. */
export function toMarkdown(results: Results): string {
  const names = Object.keys(results.tools)
  const peers = names.filter((name) => name !== 'orchive')
  const row = (cells: string[]) => `| ${cells.join(' | ')} |`
  const header = [
    row(['step', ...names, ...peers.map((peer) => `ratio to ${peer}`)]),
    row(Array(1 + names.length + peers.length).fill('---')),
  ]
  const body = STEPS.filter((step) => results.tools.orchive?.steps[step]).map((step) =>
    row([
      step,
      ...names.map((name) => cell(results.tools[name]!.steps[step])),
      ...peers.map((peer) => ratioOf(results, step, peer)?.toFixed(2) ?? '-'),
    ]),
  )
  const sizes = (pick: (tool: ToolFigures) => number[]) =>
    names.map((name) => formatBytes(pick(results.tools[name]!).length > 0 ? median(pick(results.tools[name]!)) : null))
  const peak = (name: string) => Math.max(0, ...Object.values(results.tools[name]!.steps).flatMap((figures) => figures.peakBytes))
  return [
    '# Benchmark',
    '',
    `${results.machine.cpu}, ${results.machine.cores} cores, ${formatBytes(results.machine.memoryBytes)} memory, ${results.machine.platform}, Node ${results.machine.node}. ` +
      `Workspace of ${results.workload.files} files, ${formatBytes(results.workload.bytes)}; ${results.rounds} rounds, tools in turn within each, warm cache. Median (min–max) of whole processes.`,
    '',
    `Versions: ${names.map((name) => `${name} ${results.tools[name]!.version}`).join(', ')}.`,
    '',
    ...header,
    ...body,
    row([
      'stored, first',
      ...sizes((tool) => tool.storedFirst),
      ...peers.map((peer) => ratioOf(results, 'stored', peer)?.toFixed(2) ?? '-'),
    ]),
    row(['stored, after a day', ...sizes((tool) => tool.storedAfter), ...peers.map(() => '')]),
    row(['stored, pruned', ...sizes((tool) => tool.storedPruned), ...peers.map(() => '')]),
    row(['peak memory', ...names.map((name) => formatBytes(peak(name) || null)), ...peers.map(() => '')]),
    '',
    `\`orchive --version\`: ${results.versionMs.toFixed(0)} ms. Folder page of an archive of 100,000 files at the API (p95): ${results.folderPageMs === null ? 'not measured' : `${results.folderPageMs.toFixed(1)} ms`}.`,
    '',
    ...(results.compare
      ? [
          `Two archives of 100,000 files compared by the engine: ${results.compare.changedMs.toFixed(0)} ms where one file in 200 was written anew, ${results.compare.touchedMs.toFixed(0)} ms where each has a new time.`,
          '',
        ]
      : []),
    `Two states of 20 MB told apart by their records: ${seconds(results.stateDiffMs)}. The state file restored in place under a running orchestrator: ${seconds(results.stateRestore.verbMs)}; its own stop and start alone, measured apart: ${seconds(results.stateRestore.runtimeMs)}.`,
    '',
  ].join('\n')
}

/** Targets that this run missed, in words; empty when all hold. */
export function missedTargets(results: Results, targets: Targets): string[] {
  const missed: string[] = []
  for (const [step, limits] of Object.entries(targets)) {
    if (typeof limits === 'number') continue
    for (const [peer, limit] of Object.entries(limits)) {
      const ratio = ratioOf(results, step, peer)
      if (ratio !== null && ratio > limit) missed.push(`${step}: ${ratio.toFixed(2)} × ${peer}, target ${limit}`)
    }
  }
  const restoreMs = results.stateRestore.verbMs - results.stateRestore.runtimeMs
  const told = (name: string, ms: number, target: number) => {
    if (ms > target) missed.push(`${name}: ${ms.toFixed(0)} ms, target ${target} ms`)
  }
  told('--version', results.versionMs, targets.versionMs)
  if (results.folderPageMs !== null) told('folder page', results.folderPageMs, targets.folderPageMs)
  if (results.compare) told('compare of 100,000 files', results.compare.changedMs, targets.compareMs)
  told('diff of two states', results.stateDiffMs, targets.stateDiffMs)
  told('restore of the state, less stop and start', restoreMs, targets.stateRestoreMs)
  const backups = ['first', 'day later', 'nothing changed'] as const
  const peakBytes = Math.max(0, ...backups.flatMap((step) => results.tools.orchive?.steps[step]?.peakBytes ?? []))
  if (peakBytes > targets.peakMegabytes * 1e6)
    missed.push(`peak memory of a backup: ${formatBytes(peakBytes)}, target ${targets.peakMegabytes} MB`)
  return missed
}
