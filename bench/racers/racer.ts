import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Run } from '../measure.ts'

export const STEPS = [
  'first',
  'day later',
  'nothing changed',
  'list',
  'compare',
  'restore one file',
  'restore all',
  'verify all',
  'forget and prune',
] as const
export type Step = (typeof STEPS)[number]

/** Where a step works: `work` is the racer's own folder. */
export interface Place {
  work: string
  root: string
  /** The file that is restored alone, below the root. */
  oneFile: string
}

/** A tool in the race; a step that it does not have is left out. */
export interface Racer {
  name: string
  version: string
  prepare(place: Place): void
  run: Partial<Record<Step, (place: Place) => Promise<Run>>>
  /** Takes an archive outside the race. */
  backUp?: (place: Place) => Promise<unknown>
  /** Bytes that it keeps after the steps so far. */
  storedBytes(place: Place): number
}

/** Bytes of all files below a folder. */
export function folderBytes(path: string): number {
  let total = 0
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name)
    total += entry.isDirectory() ? folderBytes(child) : statSync(child).size
  }
  return total
}

/** An empty folder at a path. */
export function fresh(path: string): string {
  rmSync(path, { recursive: true, force: true })
  mkdirSync(path, { recursive: true })
  return path
}

/** Two processes that make up one step. */
export async function oneAfterAnother(first: () => Promise<Run>, second: () => Promise<Run>): Promise<Run> {
  const [a, b] = [await first(), await second()]
  const sum = (x: number | null, y: number | null) => (x === null || y === null ? null : x + y)
  return {
    wallMs: a.wallMs + b.wallMs,
    cpuMs: sum(a.cpuMs, b.cpuMs),
    peakBytes: a.peakBytes === null || b.peakBytes === null ? null : Math.max(a.peakBytes, b.peakBytes),
  }
}

/** Whether a program is on the PATH. */
export const isInstalled = (name: string): boolean => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0
