import type { ServerResponse } from 'node:http'
import { setSecurityHeaders } from './security-headers.ts'

/** Sends a short answer of the web's own kind. */
export async function sendResponse(response: Response, outgoing: ServerResponse): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer())
  if (outgoing.destroyed) return
  setSecurityHeaders(outgoing)
  outgoing.writeHead(response.status, { ...Object.fromEntries(response.headers), 'Content-Length': body.length })
  outgoing.end(outgoing.req.method === 'HEAD' ? undefined : body)
}
