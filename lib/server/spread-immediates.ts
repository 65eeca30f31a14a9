import { AsyncLocalStorage } from 'node:async_hooks'
import timers from 'node:timers'
import { promisify } from 'node:util'

/** How much of a turn of the event loop immediates use before the rest of them waits for the next. */
const TURN_MS = 8

/** The two functions that are replaced, wherever they are kept. */
interface Timers {
  setImmediate: typeof setImmediate
  clearImmediate: typeof clearImmediate
}

/**
 * Spreads immediates over turns of the event loop. Pages are rendered by pieces of about 10 ms, each in an immediate; Node runs all that wait in one
 * turn, so that pieces of several pages together would hold up everybody. Here the next one runs in the next turn once they took a few milliseconds,
 * in the order in which they were asked for. Done before whatever is to use it is loaded.
 */
export function spreadImmediates(places: Timers[] = [globalThis, timers], monotonicMs = () => performance.now()): void {
  const [native, clearNative] = [setImmediate, clearImmediate]
  const waiting = new Map<NodeJS.Immediate, () => void>()
  let turnEndMs: number | null = null
  const endTurn = () => {
    turnEndMs = null
  }
  /** Stands for one of those that wait; which one is decided by their order. */
  const runNext = () => {
    if (turnEndMs === null) {
      turnEndMs = monotonicMs() + TURN_MS
      // Of all that are asked for from now on, the first: it runs before any other of the next turn.
      native(endTurn)
    } else if (monotonicMs() >= turnEndMs) return void native(runNext)
    const next = waiting.entries().next().value
    if (next === undefined) return
    waiting.delete(next[0])
    next[1]()
  }
  const spread = <A extends unknown[]>(callback: (...args: A) => void, ...args: A): NodeJS.Immediate => {
    const asked = native(runNext)
    // It runs in the context that it was asked for in, not in that of the one which made room.
    const inContext = AsyncLocalStorage.snapshot()
    waiting.set(asked, () => inContext(callback, ...args))
    return asked
  }
  const clear = (immediate: NodeJS.Immediate | undefined) => {
    if (immediate === undefined || !waiting.delete(immediate)) clearNative(immediate)
  }
  Object.defineProperty(spread, promisify.custom, {
    value: <T>(value: T) => new Promise<T>((resolve) => void spread(() => resolve(value))),
  })
  for (const place of places) Object.assign(place, { setImmediate: spread, clearImmediate: clear })
}
