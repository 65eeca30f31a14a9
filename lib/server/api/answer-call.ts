import { whoSends } from '../actor.ts'
import { assertSameOrigin, rawInput } from '../request.ts'
import { type ApiAnswer, failureAnswer, type Perform } from './call.ts'
import type { FoundEndpoint } from './find-endpoint.ts'

/** An answer, and what its sender's browser has to keep from now on. */
export interface SentAnswer extends ApiAnswer {
  cookies: readonly string[]
}

/** Answers a request to an endpoint: same origin for mutations, session or token, then the call itself wherever it is performed. */
export async function answerCall(request: Request, { name, isRead, params }: FoundEndpoint, perform: Perform): Promise<SentAnswer> {
  try {
    if (!isRead) assertSameOrigin(request)
    const { actorNow, cookies } = await whoSends(request)
    const actor = actorNow()
    const raw = await rawInput(request, params)
    const key = isRead ? null : request.headers.get('idempotency-key')
    const once = key === null ? null : { key, path: new URL(request.url).pathname }
    return { ...(await perform({ name, actor, raw, once }, request.signal)), cookies }
  } catch (error) {
    return { ...failureAnswer(error), cookies: [] }
  }
}
