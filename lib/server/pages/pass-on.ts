import { type Agent, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'

/** Headers about one connection, not about what goes over it (RFC 9110, 7.6.1); `expect` was answered here. */
const OF_THE_CONNECTION = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Where requests are passed on to: a socket in the file system, and the connections to it that are kept. */
export interface Beyond {
  socketPath: string
  agent: Agent
}

/** Has a request answered behind a socket, both bodies piece by piece; who leaves is not worked for any more. */
export function passOn({ socketPath, agent }: Beyond, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const headers = sentOn(incoming.headers)
  // As a proxy of ours would have said it already.
  headers['x-forwarded-for'] ??= incoming.socket.remoteAddress
  const passed = request({ socketPath, agent, method: incoming.method, path: incoming.url, headers, setHost: false })
  outgoing.once('close', () => passed.destroy())
  passed.once('response', (answer) => {
    outgoing.writeHead(answer.statusCode!, answer.statusMessage, answeredHeaders(answer.rawHeaders))
    pipeline(answer, outgoing, () => {})
  })
  passed.once('error', (error) => {
    if (outgoing.destroyed) return
    console.error(`${incoming.method} ${incoming.url} failed:`, error)
    outgoing.destroy()
  })
  pipeline(incoming, passed, () => {})
}

function sentOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.has(name)))
}

function answeredHeaders(raw: string[]): string[] {
  return raw.filter((_, n) => !OF_THE_CONNECTION.has(raw[n - (n % 2)]!.toLowerCase()))
}
