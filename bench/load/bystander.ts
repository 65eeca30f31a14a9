/**
 * A process that does nothing but look at its clock every 10 ms, beside the console and with its priority: as long as it was held up, anything on this
 * machine was. Run by `Bystander`; by itself it prints the longest delay in milliseconds when told to end.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setPriority } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

const RESOLUTION_MS = 10

/** Runs one. */
export class Bystander {
  readonly #child: ChildProcess

  constructor(niceness: number) {
    this.#child = spawn(process.execPath, [fileURLToPath(import.meta.url)], { stdio: ['ignore', 'pipe', 'inherit'] })
    if (niceness !== 0) setPriority(this.#child.pid!, niceness)
  }

  /** Ends it; the longest that it was held up, in milliseconds. */
  async end(): Promise<number> {
    const text = this.#child.stdout!.setEncoding('utf8').toArray()
    this.#child.kill('SIGTERM')
    await once(this.#child, 'close')
    return Number((await text).join(''))
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  // Its own start is no waiting. Looking at the delay alone would not keep it alive.
  setTimeout(() => delay.enable(), 1000)
  setInterval(() => {}, RESOLUTION_MS)
  process.once('SIGTERM', () => {
    console.log(delay.max / 1e6)
    process.exit(0)
  })
}
