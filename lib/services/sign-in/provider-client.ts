import { allowInsecureRequests, type Configuration, customFetch, discovery } from 'openid-client'
import { AppError, toAppError } from '#lib/base/errors.ts'
import type { ServiceContext } from '../context.ts'
import { guardedFetch } from '../notify/guarded-fetch.ts'
import type { KnownProvider } from './provider.ts'

/** What the provider says of itself counts for so long. */
const KEPT_MS = 10 * 60_000
let kept: { key: string; atMs: number; client: Configuration } | null = null

/**
 * The client of a provider, by discovery (OpenID Connect Discovery 1.0). It reaches what notifications may reach, and nothing else. Throws `io_failed`
 * when the provider does not answer as one.
 */
export async function providerClient(ctx: Pick<ServiceContext, 'notifyAllow' | 'clock'>, provider: KnownProvider): Promise<Configuration> {
  const key = JSON.stringify(provider)
  const nowMs = ctx.clock.monotonicMs()
  if (kept?.key === key && nowMs - kept.atMs < KEPT_MS) return kept.client
  const issuer = new URL(provider.issuer)
  try {
    const client = await discovery(issuer, provider.clientId, provider.clientSecret, undefined, {
      [customFetch]: (url, options) => guardedFetch(url, options as never, ctx.notifyAllow),
      ...(issuer.protocol === 'http:' ? { execute: [allowInsecureRequests] } : {}),
    })
    kept = { key, atMs: nowMs, client }
    return client
  } catch (error) {
    const { message } = toAppError((error as { cause?: unknown }).cause instanceof AppError ? (error as { cause: unknown }).cause : error)
    throw new AppError('io_failed', {
      message: `${provider.issuer} does not answer as an OpenID provider: ${message}`,
      hint: 'Check the address of the issuer. Below it there has to be .well-known/openid-configuration.',
      cause: error,
    })
  }
}
