import type { IncomingMessage, ServerResponse } from 'node:http'
import { auditExport } from './audit-export.ts'
import { download } from './download.ts'
import { healthResponse, readyResponse } from './health.ts'
import { answerJobEvents } from './job-events.ts'
import { metricsResponse } from './metrics.ts'
import { PathTree } from './path-tree.ts'
import { sendResponse } from './send-response.ts'
import { answerStreamed } from './streamed-answer.ts'
import { requestOf } from './web-request.ts'

type OwnAnswer = (incoming: IncomingMessage, outgoing: ServerResponse, params: Record<string, string>) => Promise<void>

/** A route as Next has it, answered here. */
const routed =
  (route: (request: Request) => Response | Promise<Response>): OwnAnswer =>
  async (incoming, outgoing) =>
    sendResponse(await route(requestOf(incoming, outgoing)), outgoing)

const streamed =
  (route: Parameters<typeof answerStreamed>[0]): OwnAnswer =>
  (incoming, outgoing, params) =>
    answerStreamed(route, incoming, outgoing, params)

const ANSWERS: Record<string, OwnAnswer> = {
  'get /api/v1/jobs/events': answerJobEvents,
  'get /api/v1/archives/{archive}/download': streamed(download),
  'get /api/v1/audit/export': streamed(auditExport),
  'get /healthz': routed(healthResponse),
  'get /readyz': routed(readyResponse),
  'get /metrics': routed(metricsResponse),
}

const tree = new PathTree<OwnAnswer>()
for (const [address, answer] of Object.entries(ANSWERS)) tree.add(address, answer)

/**
 * Who answers a request that the web server answers itself beside the endpoints: what Next would make more of than it is. Null for pages and everything else
 * that is Next's.
 */
export function findOwnAnswer(
  method: string,
  pathname: string,
): ((incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>) | null {
  const found = tree.find(method === 'HEAD' ? 'get' : method.toLowerCase(), pathname)
  return found && ((incoming, outgoing) => found.value(incoming, outgoing, found.params))
}
