import { setTimeout as delay } from 'node:timers/promises'
import { type ObjectBody, sizeOfBody } from './object-source.ts'
import { overlaid } from './overlaid.ts'
import type { ObjectWriter, Storage } from './storage.ts'

/** Waits at most this long at a time, so that another speed takes hold soon. */
const LONGEST_WAIT_MS = 5000

export interface Pace {
  /** Asked before each transfer, since speeds change with the hour; null = as fast as it goes. */
  bytesPerSecond: () => number | null
  monotonicMs: () => number
  /** Ends a wait. */
  signal?: AbortSignal | undefined
}

/**
 * Storage whose transfers keep to a speed, reading and writing together, however many are under way. Objects go at the speed of the line and are paid for by
 * waiting afterwards: the speed holds as a mean over a few objects.
 */
export function withPace(storage: Storage, pace: Pace): Storage {
  let owedUntilMs = pace.monotonicMs()
  const pay = async (bytes: number) => {
    const speed = pace.bytesPerSecond()
    if (speed === null) return
    owedUntilMs = Math.max(owedUntilMs, pace.monotonicMs()) + (bytes / speed) * 1000
    while (pace.bytesPerSecond() !== null && owedUntilMs > pace.monotonicMs()) {
      const waitMs = Math.min(owedUntilMs - pace.monotonicMs(), LONGEST_WAIT_MS)
      await delay(waitMs, undefined, { signal: pace.signal })
    }
  }
  const paced: Partial<Storage> = {
    async put(name, body, sha256) {
      await storage.put(name, body, sha256)
      await pay(sizeOfBody(body))
    },
    async replace(name, bytes) {
      await storage.replace(name, bytes)
      await pay(bytes.byteLength)
    },
    create: async () => new PacedWriter(await storage.create(), pay),
    async get(name) {
      const bytes = await storage.get(name)
      await pay(bytes.length)
      return bytes
    },
    async read(name, offset, length) {
      const bytes = await storage.read(name, offset, length)
      await pay(bytes.length)
      return bytes
    },
  }
  const { immutability } = storage
  const locked = immutability && {
    putLocked: async (name: string, body: ObjectBody, untilMs: number, sha256?: string) => {
      const lock = await immutability.putLocked(name, body, untilMs, sha256)
      await pay(sizeOfBody(body))
      return lock
    },
  }
  return overlaid(storage, { ...paced, ...(immutability && { immutability: overlaid(immutability, locked!) }) })
}

class PacedWriter implements ObjectWriter {
  private readonly writer: ObjectWriter
  private readonly pay: (bytes: number) => Promise<void>

  constructor(writer: ObjectWriter, pay: (bytes: number) => Promise<void>) {
    this.writer = writer
    this.pay = pay
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.writer.append(bytes)
    await this.pay(bytes.byteLength)
  }

  commit(name: string): Promise<boolean> {
    return this.writer.commit(name)
  }

  abort(): Promise<void> {
    return this.writer.abort()
  }
}
