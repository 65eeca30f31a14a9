import { setTimeout as delay } from 'node:timers/promises'
import type { Session } from './sessions.ts'

/** Followers of jobs, each with a stream of server-sent events of their own. */
export class Listeners {
  messages = 0
  storms = 0
  /** How long it took until the last of all had heard its first message again. */
  readonly reconnectMs: number[] = []
  readonly wrong: string[] = []
  readonly #url: string
  readonly #sessions: readonly Session[]
  #open = new AbortController()
  #following: Promise<void>[] = []

  constructor(url: string, sessions: readonly Session[]) {
    this.#url = url
    this.#sessions = sessions
  }

  /** All connect at once; resolves when each has heard its first message. */
  async connect(): Promise<void> {
    this.#open = new AbortController()
    const firsts = this.#sessions.map(({ cookie }) => {
      const first = Promise.withResolvers<void>()
      this.#following.push(this.#follow(cookie, this.#open.signal, first.resolve).finally(first.resolve))
      return first.promise
    })
    const startedMs = performance.now()
    await Promise.all(firsts)
    this.reconnectMs.push(performance.now() - startedMs)
  }

  /** All drop at once, in the middle of whatever they are told. */
  async drop(): Promise<void> {
    this.#open.abort()
    await Promise.all(this.#following.splice(0))
  }

  /** Drops and connects all of them, again and again, until the signal. */
  async storm(everyMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(everyMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      await this.drop()
      await this.connect()
      this.storms++
    }
  }

  async #follow(cookie: string, signal: AbortSignal, heard: () => void): Promise<void> {
    try {
      const response = await fetch(`${this.#url}/api/v1/jobs/events`, { headers: { cookie }, signal })
      if (!response.ok) throw new Error(`answered ${response.status}`)
      for await (const _ of response.body!) {
        this.messages++
        heard()
      }
      throw new Error('ended by itself')
    } catch (error) {
      if (!signal.aborted) this.wrong.push(`a listener: ${error instanceof Error ? error.message : error}`)
    }
  }
}
