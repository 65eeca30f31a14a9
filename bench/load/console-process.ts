import { readdirSync, readFileSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** The console's process as it tells of itself. */
export interface ProcessFigures {
  /** Longest that the event loop was blocked since the last look, and what 99 of 100 looks stayed below; at most 10 ms too long, never too short. */
  blockedMs: number
  blockedP99Ms: number
  /** The longest of its own work in one go, by the processor time of its thread: without what it waited for a processor. */
  workMs: number
  memoryMb: number
  openFiles: number
  /** Of the time since the last look, the part in which its main thread was ready to run and other programs had the processors. */
  waitedPart: number
}

/** Scrapes the console as a monitoring does. */
export class ConsoleProcess {
  readonly #address: string
  readonly #headers: Record<string, string>
  readonly #pid: number
  #waited = { ms: 0, atMs: 0 }

  constructor({ url, pid }: { url: string; pid: number }, home: string) {
    this.#address = url
    this.#pid = onlyChildOf(pid)
    this.#headers = { authorization: `Bearer ${readFileSync(join(home, 'metrics-token'), 'utf8').trim()}` }
  }

  /** Puts it before other programs of the machine, and the verbs that it runs with it; its threads stay in their order. Needs root. */
  prefer(niceness: number): void {
    const before = getPriority(this.#pid)
    for (const thread of readdirSync(`/proc/${this.#pid}/task`).map(Number)) setPriority(thread, niceness + getPriority(thread) - before)
  }

  /** Time of the processor that all its threads have used so far, in milliseconds. */
  cpuMs(): number {
    const used = (thread: string) => Number(readFileSync(`/proc/${this.#pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6
    return readdirSync(`/proc/${this.#pid}/task`).reduce((sum, thread) => sum + used(thread), 0)
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
      workMs: figure('orchive_eventloop_work_max_seconds') * 1000,
      memoryMb: figure('process_resident_memory_bytes') / 1024 ** 2,
      openFiles: figure('process_open_fds'),
      waitedPart: this.#waitedPart(),
    }
  }

  #waitedPart(): number {
    const { ms: beforeMs, atMs: sinceMs } = this.#waited
    const waitedNs = readFileSync(`/proc/${this.#pid}/task/${this.#pid}/schedstat`, 'utf8').split(' ')[1]
    this.#waited = { ms: Number(waitedNs) / 1e6, atMs: performance.now() }
    return (this.#waited.ms - beforeMs) / (this.#waited.atMs - sinceMs)
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

/** The web server below `orchive serve`. */
const onlyChildOf = (pid: number) => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim())
