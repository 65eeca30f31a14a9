/** Browsers that follow jobs by server-sent events, and all come back at once, as after a network that was gone. */
import { setTimeout as delay } from 'node:timers/promises'

export interface Listening {
  url: string
  cookies: readonly string[]
  /** How many listen at once. */
  count: number
  stormMs: number
  isOver: () => boolean
  isAway: () => boolean
}

/** Listens until it is over; every `stormMs` all connections are dropped and made again. Gives messages and connections. */
export async function listenInStorms(listening: Listening): Promise<{ messages: number; connections: number }> {
  const heard = { messages: 0, connections: 0 }
  while (!listening.isOver()) {
    const drop = new AbortController()
    const all = Array.from({ length: listening.count }, (_, n) => listen(listening, n, drop.signal, heard))
    const end = performance.now() + listening.stormMs
    while (performance.now() < end && !listening.isOver()) await delay(100)
    drop.abort()
    await Promise.all(all)
  }
  return heard
}

async function listen(
  { url, cookies, isAway, isOver }: Listening,
  n: number,
  dropped: AbortSignal,
  heard: { messages: number; connections: number },
): Promise<void> {
  const headers = { cookie: cookies[n % cookies.length]! }
  while (!dropped.aborted && !isOver()) {
    try {
      const response = await fetch(`${url}/api/v1/jobs/events`, { headers, signal: dropped })
      if (!response.ok) throw new Error(`A listener was answered ${response.status}.`)
      heard.connections++
      for await (const _ of response.body!) heard.messages++
    } catch (error) {
      if (!dropped.aborted && !isAway()) throw error
      await delay(200)
    }
  }
}
