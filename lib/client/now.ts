'use client'
import { useSyncExternalStore } from 'react'

/** The time now, ticking; for ages. Everybody who asks for the same interval shares one timer and is drawn in one go. */
export function useNow(everyMs = 30_000): number {
  const { subscribe, read } = clockOf(everyMs)
  return useSyncExternalStore(subscribe, read, read)
}

interface SharedClock {
  subscribe: (onTick: () => void) => () => void
  read: () => number
}

const clocks = new Map<number, SharedClock>()
/** While nobody listens, a time is good for so long: long enough to stay the same through one rendering. */
const FRESH_MS = 1000

function clockOf(everyMs: number): SharedClock {
  let clock = clocks.get(everyMs)
  if (!clock) clocks.set(everyMs, (clock = makeClock(everyMs)))
  return clock
}

function makeClock(everyMs: number): SharedClock {
  const listeners = new Set<() => void>()
  let nowMs = 0
  let timer: ReturnType<typeof setInterval> | undefined
  const tick = () => {
    nowMs = Date.now()
    for (const onTick of listeners) onTick()
  }
  return {
    subscribe(onTick) {
      listeners.add(onTick)
      if (listeners.size === 1) timer = setInterval(tick, everyMs)
      return () => {
        listeners.delete(onTick)
        if (listeners.size === 0) clearInterval(timer)
      }
    },
    read() {
      if (listeners.size === 0 && Date.now() - nowMs > FRESH_MS) nowMs = Date.now()
      return nowMs
    },
  }
}
