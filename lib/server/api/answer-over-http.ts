import type { IncomingMessage, ServerResponse } from 'node:http'
import { setSecurityHeaders } from '../security-headers.ts'
import { requestOf } from '../web-request.ts'
import { answerCall } from './answer-call.ts'
import type { ApiThreads } from './api-threads.ts'
import type { FoundEndpoint } from './find-endpoint.ts'

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
  setSecurityHeaders(outgoing)
  if (cookies.length > 0) outgoing.setHeader('Set-Cookie', cookies)
  outgoing.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) })
  outgoing.end(incoming.method === 'HEAD' ? undefined : body)
}
