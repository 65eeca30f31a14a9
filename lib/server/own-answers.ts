import type { IncomingMessage, ServerResponse } from 'node:http'
import { healthResponse, readyResponse } from './health.ts'
import { answerJobEvents } from './job-events.ts'
import { metricsResponse } from './metrics.ts'
import { sendResponse } from './send-response.ts'
import { requestOf } from './web-request.ts'

type OwnAnswer = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>

/** A route as Next has it, answered here. */
const routed =
  (route: (request: Request) => Response | Promise<Response>): OwnAnswer =>
  async (incoming, outgoing) =>
    sendResponse(await route(requestOf(incoming, outgoing)), outgoing)

const ANSWERS = new Map<string, OwnAnswer>([
  ['/api/v1/jobs/events', answerJobEvents],
  ['/healthz', routed(healthResponse)],
  ['/readyz', routed(readyResponse)],
  ['/metrics', routed(metricsResponse)],
])

/**
 * Who answers a request that the web server answers itself beside the endpoints: what Next would make more of than it is. Null for pages and everything else
 * that is Next's.
 */
export function findOwnAnswer(method: string, pathname: string): OwnAnswer | null {
  return method === 'GET' || method === 'HEAD' ? (ANSWERS.get(pathname) ?? null) : null
}
