import { AppError } from '#lib/base/errors.ts'
import { contextFor } from '#lib/runtime/container.ts'
import { processMetrics } from '#lib/runtime/process-metrics.ts'
import { maySee } from '#lib/services/authorise.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { metricsText } from '#lib/services/metrics/collect-metrics.ts'
import { isMetricsToken } from '#lib/services/metrics/metrics-token.ts'
import { requireActor } from './actor.ts'
import { contextAbout } from './context-about.ts'
import { errorResponse } from './request.ts'

/** The figures of the home and of this process, for a scraper with the token of the home, or for whoever is signed in. */
export async function metricsResponse(request: Request): Promise<Response> {
  try {
    const text = await metricsText(await contextOf(request))
    return new Response(text + (await processMetrics().metrics()), {
      headers: { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8', 'Cache-Control': 'no-store' },
    })
  } catch (error) {
    return errorResponse(error)
  }
}

/** Where a request came from says nothing: behind a proxy everything comes from this host. */
async function contextOf(request: Request): Promise<ServiceContext> {
  if (new URL(request.url).search !== '') {
    throw new AppError('invalid_input', {
      message: '/metrics takes no query: a token in an address ends up in logs.',
      hint: 'Send it as `Authorization: Bearer TOKEN`; it stands in the file metrics-token of the home.',
    })
  }
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  if (bearer === undefined) {
    const ctx = contextAbout(await requireActor(request), null)
    if (maySee(ctx, null)) return ctx
    throw new AppError('not_permitted', {
      message: 'The figures are about every workspace, and you do not see all of them.',
      hint: 'Ask an admin, or scrape them with the token in the file metrics-token of the home folder.',
    })
  }
  const ctx = contextFor({ id: null, name: 'metrics', role: 'viewer', via: 'console' })
  if (isMetricsToken(ctx, bearer)) return ctx
  throw new AppError('not_signed_in', {
    message: 'This is not the token for metrics.',
    hint: 'It stands in the file metrics-token of the home folder.',
  })
}
