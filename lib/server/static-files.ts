import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import sirv from 'sirv'
import { checkoutFolder } from '#lib/runtime/launcher.ts'
import { setSecurityHeaders } from './security-headers.ts'

/** What the pages' build calls its files; their names change with their contents. */
const ROOT = '/_next/static'
const YEAR_S = 365 * 24 * 60 * 60

/** Answers requests for scripts, styles and fonts of the pages, packed as the build left them. Gives false for what is none of them. */
export function staticFiles(): (request: IncomingMessage, response: ServerResponse) => boolean {
  const serve = sirv(join(checkoutFolder(), '.next/static'), { brotli: true, gzip: true, etag: true, immutable: true, maxAge: YEAR_S })
  return (request, response) => {
    const url = request.url!
    if (!url.startsWith(`${ROOT}/`) || (request.method !== 'GET' && request.method !== 'HEAD')) return false
    setSecurityHeaders(response)
    // It looks for what follows the folder's own name.
    request.url = url.slice(ROOT.length)
    let isOurs = true
    serve(request, response, () => {
      isOurs = false
    })
    request.url = url
    return isOurs
  }
}
