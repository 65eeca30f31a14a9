import type { ProcessFigures } from './console-process.ts'
import type { Ceilings } from './options.ts'

const quantile = (values: readonly number[], q: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN

/** The highest of each figure. */
export function highest(looks: readonly ProcessFigures[]): ProcessFigures {
  const most = (name: keyof ProcessFigures) => Math.max(...looks.map((look) => look[name]))
  return {
    blockedMs: most('blockedMs'),
    blockedP99Ms: most('blockedP99Ms'),
    workMs: most('workMs'),
    memoryMb: most('memoryMb'),
    openFiles: most('openFiles'),
    waitedPart: most('waitedPart'),
  }
}

/** How long answers took, as a table in Markdown. */
export function timesTable(times: ReadonlyMap<string, readonly number[]>): string {
  const row = (name: string, values: readonly number[]) =>
    `| ${name} | ${values.length} | ${[0.5, 0.95, 0.99, 1].map((q) => quantile(values, q).toFixed(0)).join(' | ')} |`
  const rows = [...times].map(([name, values]) => row(name, values))
  return [
    '| read | requests | p50 ms | p95 ms | p99 ms | most ms |',
    '|---|---|---|---|---|---|',
    ...rows,
    row('all', [...times.values()].flat()),
  ].join('\n')
}

/** One line of the console’s process. */
export const processLine = (when: string, { blockedMs, blockedP99Ms, workMs, memoryMb, openFiles, waitedPart }: ProcessFigures) =>
  `${when}: event loop blocked ${workMs.toFixed(0)} ms at most by its own work, ${blockedMs.toFixed(0)} ms with waiting for a processor (99 %: ${blockedP99Ms.toFixed(0)} ms), ${memoryMb.toFixed(0)} MB, ${openFiles} open files; of a second it waited ${(waitedPart * 1000).toFixed(0)} ms for a processor`

/** What went above its ceiling, one sentence each. */
export function passedCeilings(most: ProcessFigures, { blockedMs, memoryMb, openFiles }: Ceilings): string[] {
  const passed = [
    [most.workMs, blockedMs, 'ms that the event loop was blocked by its own work'],
    [most.memoryMb, memoryMb, 'MB of memory'],
    [most.openFiles, openFiles, 'open files'],
  ] as const
  return passed.filter(([is, ceiling]) => is > ceiling).map(([is, ceiling, what]) => `${is.toFixed(0)} ${what}; the ceiling is ${ceiling}`)
}
