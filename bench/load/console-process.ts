import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** The console's process as it tells of itself. */
export interface ProcessFigures {
  /** Longest that the event loop was blocked since the last look, and what 99 of 100 looks stayed below; at most 10 ms too long, never too short. */
  blockedMs: number
  blockedP99Ms: number
  memoryMb: number
  openFiles: number
}

/** Scrapes the console as a monitoring does. */
export class ConsoleProcess {
  readonly #address: string
  readonly #headers: Record<string, string>

  constructor(address: string, home: string) {
    this.#address = address
    this.#headers = { authorization: `Bearer ${readFileSync(join(home, 'metrics-token'), 'utf8').trim()}` }
  }

  async look(): Promise<ProcessFigures> {
    const response = await fetch(`${this.#address}/metrics`, { headers: this.#headers })
    const text = await response.text()
    const figure = (name: string) => {
      const value = new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]
      if (value === undefined) throw new Error(`/metrics (${response.status}) tells no ${name}.`)
      return Number(value)
    }
    return {
      blockedMs: figure('nodejs_eventloop_lag_max_seconds') * 1000,
      blockedP99Ms: figure('nodejs_eventloop_lag_p99_seconds') * 1000,
      memoryMb: figure('process_resident_memory_bytes') / 1024 ** 2,
      openFiles: figure('process_open_fds'),
    }
  }

  /** Looks every second until the signal; gives every look. */
  async watch(signal: AbortSignal): Promise<ProcessFigures[]> {
    const looks: ProcessFigures[] = []
    while (!signal.aborted) {
      await delay(1000)
      looks.push(await this.look())
    }
    return looks
  }

  /** Waits until no more than this many files are open; gives the last look, also when that never comes. */
  async untilOpenFiles(most: number, patienceMs: number): Promise<ProcessFigures> {
    const endMs = performance.now() + patienceMs
    for (;;) {
      const figures = await this.look()
      if (figures.openFiles <= most || performance.now() > endMs) return figures
      await delay(250)
    }
  }
}
