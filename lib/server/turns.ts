import { setImmediate as nextTurn } from 'node:timers/promises'

/** How much of a turn of the event loop is used before everything else gets its own. */
const TURN_MS = 5

/** Does something for each, one after the other, and lets everything else have a turn whenever it has taken a few milliseconds. */
export async function inTurns<T>(items: Iterable<T>, act: (item: T) => void): Promise<void> {
  let endMs = performance.now() + TURN_MS
  for (const item of [...items]) {
    act(item)
    if (performance.now() < endMs) continue
    await nextTurn()
    endMs = performance.now() + TURN_MS
  }
}

/** Whoever is next waits no longer for room than this: then there is simply too much to do. */
const PATIENCE_MS = 40

/**
 * Begins what is handed over in order, one a turn of the event loop at most, and the next only once turns are short again, which says that what began
 * before is answered or waits for something. Of what comes in at once, nothing holds up timers and answers under way.
 */
export function oneATurn(monotonicMs = () => performance.now(), patienceMs = PATIENCE_MS): (begin: () => void) => void {
  const waiting: (() => void)[] = []
  let turnMs = 0
  let begunMs = 0
  const beginNext = () => {
    const nowMs = monotonicMs()
    const isBusy = nowMs - turnMs > TURN_MS && nowMs - begunMs < patienceMs
    turnMs = nowMs
    if (isBusy) return void setImmediate(beginNext)
    begunMs = nowMs
    try {
      waiting[0]!()
    } finally {
      waiting.shift()
      if (waiting.length > 0) setImmediate(beginNext)
    }
  }
  return (begin) => {
    waiting.push(begin)
    if (waiting.length > 1) return
    turnMs = monotonicMs()
    setImmediate(beginNext)
  }
}
