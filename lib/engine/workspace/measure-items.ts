import { systemClock } from '#lib/base/clock.ts'
import type { Finding } from '../finding.ts'
import type { ResolvedItem } from './resolved-item.ts'
import { walkItems } from './walk.ts'

export interface MeasureOptions {
  /** Give up after this long; what is not counted by then stays null. Default: no limit. */
  limitMs?: number
  signal?: AbortSignal | undefined
}

/** Problems of a walk that one item shows; the rest is summed up in a last one. */
const MAX_PROBLEMS = 20

interface Tally {
  files: number
  sizeBytes: number
  problems: Finding[]
  moreProblems: number
}

/** Items with their sizes and file counts, by a walk without opening anything; content with several names is counted once. */
export function measureItems(items: readonly ResolvedItem[], options: MeasureOptions = {}): ResolvedItem[] {
  const startedMs = systemClock.monotonicMs()
  const isLate = () =>
    options.signal?.aborted === true || systemClock.monotonicMs() - startedMs > (options.limitMs ?? Number.POSITIVE_INFINITY)
  return items.map((item) => {
    if (item.kind !== 'file' && item.kind !== 'folder') return item
    const tally = isLate() ? null : tallyOf(item, isLate)
    if (tally === null) return { ...item, sizeBytes: null, files: null }
    return { ...item, sizeBytes: tally.sizeBytes, files: tally.files, problems: [...item.problems, ...problemsOf(item, tally)] }
  })
}

function tallyOf(item: ResolvedItem, isLate: () => boolean): Tally | null {
  const tally: Tally = { files: 0, sizeBytes: 0, problems: [], moreProblems: 0 }
  const counted = new Set<string>()
  let seen = 0
  for (const entry of walkItems([item])) {
    if (++seen % 1024 === 0 && isLate()) return null
    if (entry.problem !== null) {
      if (tally.problems.length < MAX_PROBLEMS) tally.problems.push(entry.problem)
      else tally.moreProblems++
    }
    if (entry.type !== 'file' || entry.stat === null) continue
    tally.files++
    if (entry.stat.nlink > 1) {
      const identity = `${entry.stat.dev}:${entry.stat.ino}`
      if (counted.has(identity)) continue
      counted.add(identity)
    }
    tally.sizeBytes += entry.stat.size
  }
  return tally
}

function problemsOf(item: ResolvedItem, tally: Tally): Finding[] {
  if (tally.moreProblems === 0) return tally.problems
  const message = `${tally.moreProblems} more entries of ${item.label} have problems like these.`
  return [...tally.problems, { severity: 'warning', code: 'more_problems', path: item.path, message }]
}
