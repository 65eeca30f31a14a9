import 'server-only'
import type { z } from 'zod'
import { AppError } from '#lib/base/errors.ts'
import type { Endpoint } from '#lib/contracts/endpoints.ts'
import { sendOnce } from '#lib/services/api/send-once.ts'
import { requireRight } from '#lib/services/authorise.ts'
import type { ServiceContext } from '#lib/services/context.ts'
import { toErrorBody } from './failure.ts'
import { contextAbout, requireActor } from './session.ts'

type RouteContext = { params: Promise<Record<string, string | string[] | undefined>> }

/** Errors of an API route as the one JSON error shape. */
export function errorResponse(error: unknown): Response {
  const { body, status } = toErrorBody(error)
  return Response.json(body, { status, headers: { 'Cache-Control': 'no-store' } })
}

/** Mutations must come from our own pages: an `Origin` that is not the host we were asked at is refused. */
export function assertSameOrigin(request: Request): void {
  const origin = request.headers.get('origin')
  const site = request.headers.get('sec-fetch-site')
  const foreign =
    (origin !== null && new URL(origin).host !== request.headers.get('host')) ||
    (site !== null && site !== 'same-origin' && site !== 'none')
  if (foreign) throw new AppError('not_permitted', { message: 'This request came from another site.', hint: 'Use the console itself.' })
}

/** Everything an endpoint reads: path parameters, then query, then a JSON body; parsed by its schema. */
export async function readInput<S extends z.ZodType>(schema: S, request: Request, context: RouteContext): Promise<z.output<S>> {
  const query = Object.fromEntries(new URL(request.url).searchParams)
  const body = request.method === 'GET' || request.method === 'HEAD' ? {} : await readBody(request)
  return schema.parse({ ...query, ...body, ...(await context.params) })
}

async function readBody(request: Request): Promise<Record<string, unknown>> {
  const text = await request.text()
  if (text.length > 1_000_000) throw new AppError('invalid_input', { message: 'The request body is larger than 1 MB.' })
  if (text === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Said below: the same sentence for what does not parse and what is not an object.
  }
  throw new AppError('invalid_input', { message: 'The request body is not a JSON object.' })
}

const answer = (data: unknown, headers: Record<string, string> = {}) =>
  Response.json(data, { headers: { 'Cache-Control': 'no-store', ...headers } })

/** A JSON route of the API: session or token, same origin for mutations, parse, verb, one error shape. The signal fires when nobody waits for the answer any more. */
export function route<I extends z.ZodType, O extends z.ZodType>(
  endpoint: Endpoint<I, O>,
  verb: (ctx: ServiceContext, input: z.output<I>, signal: AbortSignal) => Promise<z.output<O>> | z.output<O>,
) {
  return async (request: Request, context: RouteContext): Promise<Response> => {
    try {
      if (endpoint.method !== 'get') assertSameOrigin(request)
      const actor = await requireActor(request)
      const input = await readInput(endpoint.input, request, context)
      const ctx = contextAbout(actor, input)
      // What the table says holds before anything is looked up; the verb judges again, and more closely.
      requireRight(ctx, endpoint.right)
      const run = async () => verb(ctx, input, request.signal)
      const key = endpoint.method === 'get' ? null : request.headers.get('idempotency-key')
      if (key === null) return answer(await run())
      const sent = { path: new URL(request.url).pathname, input }
      const once = await sendOnce(ctx, { key, request: sent, isSecret: endpoint.isSecret === true, right: endpoint.right, run })
      return answer(once.answer, once.isRepeated ? { 'Idempotency-Replayed': 'true' } : {})
    } catch (error) {
      return errorResponse(error)
    }
  }
}
