import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { SECURITY_HEADERS } from '../security-headers.ts'
import { answerCall } from './answer-call.ts'
import type { ApiThreads } from './api-threads.ts'
import type { FoundEndpoint } from './find-endpoint.ts'

/** The host is looked at where it matters, in the header. */
const ANY_HOST = 'http://console'

/** Answers a request to an endpoint over HTTP. Who sends it is looked up here, the work is done in a thread. */
export async function answerOverHttp(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  found: FoundEndpoint,
  threads: ApiThreads,
): Promise<void> {
  const isPacked = /\bgzip\b/.test(String(incoming.headers['accept-encoding']))
  const { status, headers, body, cookies } = await answerCall(requestOf(incoming, outgoing), found, (call, signal) =>
    threads.perform(call, { isPacked, signal }),
  )
  // Who left is not answered.
  if (outgoing.destroyed) return
  for (const { key, value } of SECURITY_HEADERS) outgoing.setHeader(key, value)
  if (cookies.length > 0) outgoing.setHeader('Set-Cookie', cookies)
  outgoing.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) })
  outgoing.end(incoming.method === 'HEAD' ? undefined : body)
}

/** The request as the web's own kind, with a signal that fires when its sender leaves before the answer. */
function requestOf(incoming: IncomingMessage, outgoing: ServerResponse): Request {
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
