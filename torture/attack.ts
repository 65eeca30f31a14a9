/** One kind of harm that is done to Orchive over and over, each time with another seed, and what has to hold then. */
export interface Attack {
  name: string
  /** What is done and what has to hold, in one line. */
  about: string
  /** Its part of the minutes, beside the others'. */
  share: number
  /** Why it cannot be done on this machine; null when it can. */
  impossibleBecause?(): string | null
  /** Prepares what all rounds share, in a folder of its own. */
  open(folder: string): Promise<Siege>
}

export interface Siege {
  /** One round; what is random in it comes from the seed. Gives how many things were tried, by kind; throws when something did not hold. */
  round(seed: number): Promise<Tally>
  close(): Promise<void>
}

/** How many things were tried, by kind. */
export type Tally = Record<string, number>

/** The same numbers again for the same seed (mulberry32). */
export class Random {
  private state: number

  constructor(seed: number) {
    this.state = seed >>> 0
  }

  /** From 0, below `limit`, which must be at least 1. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit)
  }

  /** One of these; of an empty list nothing. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }

  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  /** From 0, below 1. */
  fraction(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let x = this.state
    x = Math.imul(x ^ (x >>> 15), x | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 0x1_0000_0000
  }
}
