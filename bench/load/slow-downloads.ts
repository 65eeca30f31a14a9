import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

export const LARGE_FILE = 'logs/large.bin'
export const LARGE_MB = 256
const MB = 1024 ** 2
const TAKEN_A_SECOND = MB

/** A file that does not compress, the same in every run. */
export function makeLargeFile(path: string): void {
  const file = openSync(path, 'wx')
  for (let n = 0; n < LARGE_MB; n++) writeSync(file, blockOf(n))
  closeSync(file)
}

const blockOf = (n: number) => createHash('shake256', { outputLength: MB }).update(`block ${n}`).digest()

/** Readers that take about 1 MB a second of a file that the console could send at once, and compare every byte. */
export class SlowDownloads {
  takenBytes = 0
  readonly wrong: string[] = []
  readonly #address: string
  readonly #original: string

  /** `original` is the file itself. */
  constructor(address: string, original: string) {
    this.#address = address
    this.#original = original
  }

  /** One download, cut off at the signal. */
  async take(cookie: string, signal: AbortSignal): Promise<void> {
    const original = openSync(this.#original, 'r')
    try {
      const response = await fetch(this.#address, { headers: { cookie }, signal })
      if (!response.ok) throw new Error(`answered ${response.status}`)
      let taken = 0
      for await (const chunk of response.body! as AsyncIterable<Uint8Array>) {
        const expected = Buffer.alloc(chunk.length)
        readSync(original, expected, 0, chunk.length, taken)
        if (!expected.equals(chunk)) throw new Error(`other bytes than the file’s from byte ${taken}`)
        taken += chunk.length
        this.takenBytes += chunk.length
        await delay((chunk.length / TAKEN_A_SECOND) * 1000, undefined, { signal })
      }
      if (taken !== LARGE_MB * MB) throw new Error(`ended after ${taken} bytes`)
    } catch (error) {
      if (!signal.aborted) this.wrong.push(`a download: ${error instanceof Error ? error.message : error}`)
    } finally {
      closeSync(original)
    }
  }
}
