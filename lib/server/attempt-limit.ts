export interface AttemptLimitOptions {
  /** Attempts with one key within the window. */
  max: number
  windowMs: number
  /** Keys that are remembered; the oldest give way. */
  maxKeys?: number
}

/** Counts attempts by key. An attempt counts from the moment it starts, so that many at once do not slip through. */
export class AttemptLimit {
  private readonly options: Required<AttemptLimitOptions>
  private readonly attempts = new Map<string, { sinceMs: number; count: number }>()

  constructor(options: AttemptLimitOptions) {
    this.options = { maxKeys: 10_000, ...options }
  }

  /** Takes one attempt; 0 when it may go on, else how long to wait. */
  take(key: string, nowMs: number): number {
    const { max, windowMs, maxKeys } = this.options
    const known = this.attempts.get(key)
    if (known === undefined || nowMs - known.sinceMs >= windowMs) {
      // Deleted first, so that the newest stand last.
      this.attempts.delete(key)
      this.attempts.set(key, { sinceMs: nowMs, count: 1 })
      const oldest = this.attempts.size > maxKeys ? this.attempts.keys().next().value : undefined
      if (oldest !== undefined) this.attempts.delete(oldest)
      return 0
    }
    if (known.count >= max) return known.sinceMs + windowMs - nowMs
    known.count++
    return 0
  }

  /** Forgets the attempts of a key: they ended well. */
  clear(key: string): void {
    this.attempts.delete(key)
  }
}
