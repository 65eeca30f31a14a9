import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { formatBytes, formatCount } from '../lib/base/units.ts'
import { median } from './measure.ts'
import { STEPS } from './racers/racer.ts'
import { type Cache, peakOf, type Results, ratioOf, type StepFigures, type ToolFigures, type WorkspaceFigures } from './results.ts'

/** The machine the figures are taken on, and the disk that a folder lies on. */
export function describeMachine(folder: string): Results['machine'] {
  const processors = cpus()
  return {
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    disk: diskOf(folder),
  }
}

function diskOf(folder: string): string {
  try {
    const line = execFileSync('df', ['-T', folder], { encoding: 'utf8' }).trim().split('\n').at(-1)!
    return line.split(/\s+/)[1] ?? 'unknown'
  } catch {
    return 'unknown'
  }
}

/** The results as a Markdown page. `goals` are those that were missed, in words. */
export function toMarkdown(results: Results, goals: readonly string[]): string {
  const { machine, bandwidths: rate } = results
  const perSecond = (bytes: number | null) => (bytes === null ? 'not measured' : `${formatBytes(bytes)}/s`)
  return [
    '# Benchmark',
    '',
    `${machine.cpu}, ${machine.cores} cores, ${formatBytes(machine.memoryBytes)} memory, ${machine.platform}, ${machine.disk}, Node ${machine.node}. ` +
      `Versions: ${Object.entries(results.versions)
        .map((entry) => entry.join(' '))
        .join(', ')}.`,
    '',
    `The machine in the same run: reads ${perSecond(rate.readCached)} from its cache and ${perSecond(rate.readDisk)} from its disk, writes ${perSecond(rate.writeSynced)} to it; ` +
      `one core hashes (SHA-256) ${perSecond(rate.sha256)}, compresses (zstd 1, JSON) ${perSecond(rate.compress)} and decompresses ${perSecond(rate.decompress)}.`,
    '',
    'Wall clock of whole processes, median (least–most), and below it their processor time where the system tells; tools in turn within each step. Ratios are ours to theirs, of wall clock / of processor time.',
    '',
    ...Object.entries(results.workspaces).flatMap(([name, figures]) => workspacePart(name, figures, results)),
    ...(results.leftOut.length > 0 ? [`Left out for want of time: ${results.leftOut.join(', ')}.`, ''] : []),
    ...ownPart(results),
    ...(goals.length > 0 ? ['Goals missed:', '', ...goals.map((line) => `- ${line}`), ''] : []),
  ].join('\n')
}

function workspacePart(name: string, figures: WorkspaceFigures, results: Results): string[] {
  const { rounds } = figures
  return [
    `## ${name}`,
    '',
    `${figures.about}: ${formatCount(figures.files)} files, ${formatBytes(figures.bytes)}; ${rounds.warm} ${rounds.warm === 1 ? 'round' : 'rounds'} with a warm cache, on ${figures.measuredOn} at a load average of ${figures.load.toFixed(1)} before.`,
    '',
    ...table(figures, 'warm'),
    ...sizeRows(figures),
    '',
    `First archive: ${limitText(figures, results)}`,
    '',
    ...(rounds.cold > 0 ? ['With a cold cache before every step:', '', ...table(figures, 'cold'), ''] : []),
    ...Object.entries(figures.tools).flatMap(([tool, { failures }]) => failures.map((line) => `${tool} failed at ${line}\n`)),
  ]
}

function table(figures: WorkspaceFigures, cache: Cache): string[] {
  const names = Object.keys(figures.tools)
  const peers = names.filter((name) => name !== 'orchive')
  const ratio = (step: string, peer: string) => {
    if (cache === 'cold') return '-'
    const [wall, cpu] = [ratioOf(figures, step, peer), ratioOf(figures, step, peer, 'cpuMs')]
    return wall === null ? '-' : `${wall.toFixed(2)}${cpu === null ? '' : ` / ${cpu.toFixed(2)}`}`
  }
  const steps = STEPS.filter((step) => names.some((name) => figures.tools[name]!.steps[cache][step]))
  return [
    row(['step', ...names, ...(cache === 'warm' ? peers.map((peer) => `to ${peer}`) : [])]),
    row(Array(1 + names.length + (cache === 'warm' ? peers.length : 0)).fill('---')),
    ...steps.map((step) =>
      row([
        step,
        ...names.map((name) => cell(figures.tools[name]!.steps[cache][step])),
        ...(cache === 'warm' ? peers.map((peer) => ratio(step, peer)) : []),
      ]),
    ),
  ]
}

function sizeRows(figures: WorkspaceFigures): string[] {
  const { days } = figures
  const names = Object.keys(figures.tools)
  const peers = names.filter((name) => name !== 'orchive')
  const sizes = (pick: (tool: ToolFigures) => number[], what: string | null) => {
    const cells = names.map((name) => pick(figures.tools[name]!)).map((values) => (values.length ? formatBytes(median(values)) : '-'))
    return [...cells, ...peers.map((peer) => (what === null ? '' : (ratioOf(figures, what, peer)?.toFixed(3) ?? '-')))]
  }
  return [
    row(['stored, first', ...sizes((tool) => tool.storedFirst, 'stored')]),
    row(['stored, after a day', ...sizes((tool) => tool.storedAfter, null)]),
    ...(days > 0 ? [row([`stored, after ${days} days more`, ...sizes((tool) => tool.storedLater, 'stored later')])] : []),
    row(['stored, pruned', ...sizes((tool) => tool.storedPruned, null)]),
    row(['peak memory', ...names.map((name) => formatBytes(peakOf(figures, name) || null)), ...peers.map(() => '')]),
  ]
}

/** How far the first archive is from what reading, hashing twice and compressing take on all cores. */
function limitText({ tools, bytes }: WorkspaceFigures, { bandwidths: rate }: Results): string {
  const measured = tools.orchive?.steps.warm.first
  if (!measured) return 'not measured.'
  const leastMs = (bytes * 1000 * (1 / rate.readCached + 2 / rate.sha256 + 1 / rate.compress)) / rate.cores
  return `reading, hashing twice and compressing ${formatBytes(bytes)} takes ${seconds(leastMs)} on ${rate.cores} cores by the figures above; it took ${seconds(median(measured.wallMs))}.`
}

function ownPart({ own }: Results): string[] {
  if (own === null) return []
  const { compare, stateRestore } = own
  return [
    '## Without peers',
    '',
    `\`orchive --version\`: ${own.versionMs.toFixed(0)} ms. Folder page of an archive of 100,000 files at the API (p95): ${own.folderPageMs.toFixed(1)} ms.`,
    '',
    `Two archives of 100,000 files compared by the engine: ${compare.changedMs.toFixed(0)} ms where one file in 200 was written anew, ${compare.touchedMs.toFixed(0)} ms where each has a new time.`,
    '',
    `Two states of 20 MB told apart by their records: ${seconds(own.stateDiffMs)}. The state file restored in place under a running orchestrator: ${seconds(stateRestore.verbMs)}; its own stop and start alone, measured apart: ${seconds(stateRestore.runtimeMs)}.`,
    '',
  ]
}

const row = (cells: string[]) => `| ${cells.join(' | ')} |`
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`

function cell(figures: StepFigures | undefined): string {
  if (!figures || figures.wallMs.length === 0) return '-'
  const spread = figures.wallMs.length > 1 ? ` (${seconds(Math.min(...figures.wallMs))}–${seconds(Math.max(...figures.wallMs))})` : ''
  const cpu = figures.cpuMs.length > 0 ? `<br>${seconds(median(figures.cpuMs))}` : ''
  return `${seconds(median(figures.wallMs))}${spread}${cpu}`
}
