const EVERY_MS = 5

/** Waits until a condition holds and gives what it found; fails after `withinMs` with what was waited for. */
export async function until<T>(what: string, look: () => T | null | undefined | false, withinMs = 120_000): Promise<T> {
  const startedMs = performance.now()
  for (;;) {
    const found = look()
    if (found !== null && found !== undefined && found !== false) return found
    if (performance.now() - startedMs > withinMs) throw new Error(`After ${withinMs} ms still not: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
  }
}
