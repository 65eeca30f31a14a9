import { ENDPOINTS, type Endpoint } from '#lib/contracts/endpoints.ts'
import { sendOnce } from '#lib/services/api/send-once.ts'
import { requireRight } from '#lib/services/authorise.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { contextAbout } from '../context-about.ts'
import { failureAnswer, jsonAnswer, type Perform } from './call.ts'
import { VERBS } from './verbs.ts'

type AnyVerb = (ctx: ServiceContext, input: unknown, signal: AbortSignal) => unknown

/** Parse, right, verb, one error shape: what every call to an endpoint goes through, in whichever thread. */
export const perform: Perform = async ({ name, actor, raw, once }, signal) => {
  try {
    const endpoint: Endpoint = ENDPOINTS[name]
    const input = endpoint.input.parse(raw)
    const ctx = contextAbout(actor, input)
    // What the table says holds before anything is looked up; the verb judges again, and more closely.
    requireRight(ctx, endpoint.right)
    const run = async () => (VERBS[name] as AnyVerb)(ctx, input, signal)
    if (once === null) return jsonAnswer(200, await run())
    const { key, path } = once
    const request = { path, input }
    const sent = await sendOnce(ctx, { key, request, isSecret: endpoint.isSecret === true, right: endpoint.right, run })
    return jsonAnswer(200, sent.answer, sent.isRepeated ? { 'Idempotency-Replayed': 'true' } : {})
  } catch (error) {
    return failureAnswer(error)
  }
}
