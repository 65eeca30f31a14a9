import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { AppError } from '#lib/base/errors.ts'
import { checkedAddress, guardedLookup } from './address-guard.ts'

const TIMEOUT_MS = 10_000
const MOST_BYTES = 1_000_000

/** What is sent; as `fetch` takes it, as far as we need it. */
export interface GuardedRequest {
  method?: string | undefined
  headers?: Record<string, string> | undefined
  body?: string | URLSearchParams | null | undefined
  signal?: AbortSignal | null | undefined
}

/**
 * Reads from an address as `fetch` does, but only where the host lets it: no address of its own networks unless `allowed` names it, no redirect is
 * followed, ten seconds, one megabyte.
 */
export async function guardedFetch(
  url: string,
  { method = 'GET', headers = {}, body, signal }: GuardedRequest,
  allowed: readonly string[],
): Promise<Response> {
  const address = new URL(url)
  await checkedAddress(address.hostname, allowed)
  const request = address.protocol === 'https:' ? requestHttps : requestHttp
  const text = body === null || body === undefined ? null : String(body)
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  return new Promise((resolve, reject) => {
    const sent = request(
      address,
      {
        method,
        headers: { 'User-Agent': 'Orchive', ...headers, ...(text === null ? {} : { 'Content-Length': Buffer.byteLength(text) }) },
        lookup: guardedLookup(allowed),
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > MOST_BYTES) sent.destroy(new AppError('io_failed', { message: `${address.host} answered with more than 1 MB.` }))
          else chunks.push(chunk)
        })
        response.on('error', reject)
        response.on('end', () => {
          const status = response.statusCode ?? 0
          const type = response.headers['content-type']
          const hasBody = status !== 204 && status !== 304
          resolve(new Response(hasBody ? Buffer.concat(chunks) : null, { status, headers: type ? { 'content-type': type } : {} }))
        })
      },
    )
    sent.on('error', reject)
    sent.end(text ?? undefined)
  })
}
