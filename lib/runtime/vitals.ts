/** How the console's own process fares: how long its event loop stood still, its memory, its open files. */
import { readdirSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { ConsoleVitals } from '#lib/services/metrics/collect-metrics.ts'

/** A timer of this many milliseconds that comes late says how long the loop stood still. */
const RESOLUTION_MS = 10
const WINDOW_MS = 10_000
/** A minute. */
const WINDOWS = 6
const KEY = Symbol.for('orchive.vitals')

type Delay = ReturnType<typeof monitorEventLoopDelay>

interface Watched {
  delay: Delay
  /** The longest stand-still of each window before this one, in seconds, newest last. */
  windows: number[]
}
const holder = globalThis as { [KEY]?: Watched }

/** Begins to watch this process, once. */
export function watchVitals(): void {
  if (holder[KEY]) return
  const watched: Watched = { delay: monitorEventLoopDelay({ resolution: RESOLUTION_MS }), windows: [] }
  holder[KEY] = watched
  watched.delay.enable()
  setInterval(() => {
    watched.windows.push(longest(watched.delay))
    if (watched.windows.length > WINDOWS) watched.windows.shift()
    watched.delay.reset()
  }, WINDOW_MS).unref()
}

/** As of now; null in a process that is not watched. */
export function readVitals(): ConsoleVitals | null {
  const watched = holder[KEY]
  if (!watched) return null
  return {
    blockedSeconds: Math.max(longest(watched.delay), ...watched.windows),
    residentBytes: process.memoryUsage.rss(),
    openFiles: openFiles(),
  }
}

/** What it measures is the time between two timers, which is the resolution where nothing stands still. */
function longest(delay: Delay): number {
  return Math.max(0, delay.max / 1e6 - RESOLUTION_MS) / 1000
}

function openFiles(): number | null {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    return null
  }
}
