/**
 * How long the event loop is held up by work of its own. The usual delay of timers counts as well what the thread waits for a processor that others have,
 * which says something about the machine; this is the thread's own processor time between two looks, and says something about the program.
 */
export class LongestTurn {
  readonly #usedUs: () => number
  #lastUs: number
  #longestUs = 0

  /** `usedUs`: processor time that this thread has used so far, in microseconds. */
  constructor(usedUs = threadUs) {
    this.#usedUs = usedUs
    this.#lastUs = usedUs()
  }

  /** Looks this often, for as long as the process lives; a turn is told up to this much too long, never too short. */
  watch(everyMs: number): this {
    setInterval(() => this.look(), everyMs).unref()
    return this
  }

  look(): void {
    const nowUs = this.#usedUs()
    this.#longestUs = Math.max(this.#longestUs, nowUs - this.#lastUs)
    this.#lastUs = nowUs
  }

  /** The longest since the last call, in seconds. */
  takeSeconds(): number {
    // What goes on right now belongs to it: the caller may be in the middle of the longest of all.
    this.look()
    const seconds = this.#longestUs / 1e6
    this.#longestUs = 0
    return seconds
  }
}

function threadUs(): number {
  const { user, system } = process.threadCpuUsage()
  return user + system
}
