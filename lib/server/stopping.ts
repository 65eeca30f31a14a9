const KEY = Symbol.for('orchive.stopping')
const holder = globalThis as { [KEY]?: AbortSignal }

/**
 * Aborted once the console was told to stop (SIGTERM, SIGINT). Next then waits for every response under way: one that has no end of its own
 * has to end by this signal.
 */
export function stopping(): AbortSignal {
  if (holder[KEY]) return holder[KEY]
  const abort = new AbortController()
  const stop = () => abort.abort()
  process.once('SIGTERM', stop).once('SIGINT', stop)
  holder[KEY] = abort.signal
  return abort.signal
}
