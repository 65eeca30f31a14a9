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

/** Begins what is handed over in order, each in a turn of the event loop of its own: of what comes in at once, nothing holds up timers and answers under way. */
export function oneATurn(): (begin: () => void) => void {
  const waiting: (() => void)[] = []
  const beginNext = () => {
    try {
      waiting[0]!()
    } finally {
      waiting.shift()
      if (waiting.length > 0) setImmediate(beginNext)
    }
  }
  return (begin) => {
    waiting.push(begin)
    if (waiting.length === 1) setImmediate(beginNext)
  }
}
