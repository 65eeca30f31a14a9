/** Finds when something broke: halves a line of candidates, oldest first, between one that is good and one that is bad. */

/** `unknown` = it could not be looked at; a neighbour is asked instead. */
export type Verdict = 'good' | 'bad' | 'unknown'

export interface BreakStep<T> {
  candidate: T
  verdict: Verdict
  /** Candidates that may still be the first bad one. */
  left: number
}

export interface Break<T> {
  /** Null when even the oldest is bad. */
  lastGood: T | null
  /** Null when the newest is good: nothing is broken. */
  firstBad: T | null
  steps: BreakStep<T>[]
}

/**
 * The first bad one, if what breaks stays broken; else one change from good to bad. Looks at the newest and the oldest first, then at about
 * log2(n) more.
 */
export async function findBreak<T>(
  candidates: readonly T[],
  judge: (candidate: T) => Promise<Verdict>,
  onStep?: (step: BreakStep<T>) => void,
): Promise<Break<T>> {
  const steps: BreakStep<T>[] = []
  const known = new Map<number, Verdict>()
  const look = async (at: number, left: number): Promise<Verdict> => {
    const before = known.get(at)
    if (before !== undefined) return before
    const step = { candidate: candidates[at]!, verdict: await judge(candidates[at]!), left }
    known.set(at, step.verdict)
    steps.push(step)
    onStep?.(step)
    return step.verdict
  }
  /** The known one that is nearest to `at`, within (low, high), in the order in which they are asked. */
  const nearest = async (at: number, low: number, high: number): Promise<{ at: number; verdict: 'good' | 'bad' } | null> => {
    for (let away = 0; at - away > low || at + away < high; away++) {
      for (const place of away === 0 ? [at] : [at - away, at + away]) {
        if (place <= low || place >= high) continue
        const verdict = await look(place, high - low - 1)
        if (verdict !== 'unknown') return { at: place, verdict }
      }
    }
    return null
  }
  const end = candidates.length
  const newest = await nearest(end - 1, -1, end)
  if (newest === null || newest.verdict === 'good') return { lastGood: newest ? candidates[newest.at]! : null, firstBad: null, steps }
  let bad = newest.at
  const oldest = await nearest(0, -1, bad)
  if (oldest === null || oldest.verdict === 'bad') return { lastGood: null, firstBad: candidates[oldest?.at ?? bad]!, steps }
  let good = oldest.at
  while (bad - good > 1) {
    const middle = await nearest((good + bad) >> 1, good, bad)
    if (middle === null) break
    if (middle.verdict === 'good') good = middle.at
    else bad = middle.at
  }
  return { lastGood: candidates[good]!, firstBad: candidates[bad]!, steps }
}
