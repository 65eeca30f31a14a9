import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { AppError } from '#lib/base/errors.ts'
import { checkedAddress, guardedLookup } from './address-guard.ts'

const TIMEOUT_MS = 10_000

/**
 * Posts to an address once. A redirect is a failure: it would lead where nobody allowed. What the other side answers is neither read nor told,
 * so that it cannot be used to look around.
 */
export async function postHttp(
  url: string,
  input: { body: string; headers: Record<string, string>; allowed: readonly string[] },
): Promise<void> {
  const address = new URL(url)
  await checkedAddress(address.hostname, input.allowed)
  const request = address.protocol === 'https:' ? requestHttps : requestHttp
  const status = await new Promise<number>((resolve, reject) => {
    const sent = request(
      address,
      {
        method: 'POST',
        headers: { 'User-Agent': 'Orchive', 'Content-Length': Buffer.byteLength(input.body), ...input.headers },
        lookup: guardedLookup(input.allowed),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        agent: false,
      },
      (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      },
    )
    sent.on('error', reject)
    sent.end(input.body)
  })
  if (status >= 200 && status < 300) return
  const isRedirect = status >= 300 && status < 400
  throw new AppError('io_failed', {
    message: `${address.host} answered ${status}${isRedirect ? ': a redirect, which is not followed' : ''}.`,
    hint: isRedirect ? 'Enter the address that it leads to.' : 'Check the address of the channel.',
  })
}
