import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { LongestTurn } from './longest-turn.ts'

/** How often the event loop is looked at; a delay is told up to this much too long, never too short. */
const RESOLUTION_MS = 10
const KEY = Symbol.for('orchive.process-metrics')
const holder = globalThis as { [KEY]?: Registry }

/**
 * Figures of this process under the names that dashboards for Node know: event loop, memory, open files, garbage collection. They begin at the first
 * call; those of the event loop begin anew at each scrape.
 */
export function processMetrics(): Registry {
  if (holder[KEY]) return holder[KEY]
  const register = new Registry()
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: RESOLUTION_MS })
  const turn = new LongestTurn().watch(RESOLUTION_MS)
  new Gauge({
    name: 'orchive_eventloop_work_max_seconds',
    help: 'Longest that the event loop was held up by its own work since the last scrape; nodejs_eventloop_lag_max_seconds has in it what it waited for a processor.',
    registers: [register],
    collect() {
      this.set(turn.takeSeconds())
    },
  })
  holder[KEY] = register
  return register
}
