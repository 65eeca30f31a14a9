import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'

/** The host is looked at where it matters, in the header. */
const ANY_HOST = 'http://console'

/** The request as the web's own kind, with a signal that fires when its sender leaves before the answer. */
export function requestOf(incoming: IncomingMessage, outgoing: ServerResponse): Request {
  const abort = new AbortController()
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) abort.abort()
  })
  const headers = new Headers()
  for (let n = 0; n < incoming.rawHeaders.length; n += 2) headers.append(incoming.rawHeaders[n]!, incoming.rawHeaders[n + 1]!)
  const method = incoming.method!
  const hasBody = method !== 'GET' && method !== 'HEAD'
  return new Request(new URL(incoming.url!, ANY_HOST), {
    method,
    headers,
    signal: abort.signal,
    ...(hasBody ? { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>, duplex: 'half' } : {}),
  } as RequestInit)
}
