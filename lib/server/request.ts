import type { z } from 'zod'
import { AppError } from '#lib/base/errors.ts'
import { jsonObject } from '#lib/base/json-text.ts'
import { toErrorBody } from './failure.ts'

/** Path parameters as Next hands them over. */
export type RouteContext = { params: Promise<Record<string, string | string[] | undefined>> }

/** What a JSON body may hold. */
export const MOST_BODY_BYTES = 1_000_000

/** Errors of a route of Next's as the one JSON error shape. */
export function errorResponse(error: unknown): Response {
  const { body, status } = toErrorBody(error)
  return Response.json(body, { status, headers: { 'Cache-Control': 'no-store' } })
}

/** Mutations must come from our own pages: an `Origin` that is not the host we were asked at is refused. */
export function assertSameOrigin(request: Request): void {
  const origin = request.headers.get('origin')
  const site = request.headers.get('sec-fetch-site')
  const foreign =
    (origin !== null && hostOf(origin) !== request.headers.get('host')) || (site !== null && site !== 'same-origin' && site !== 'none')
  if (foreign) throw new AppError('not_permitted', { message: 'This request came from another site.', hint: 'Use the console itself.' })
}

/** Null for an origin that is none, as of a page in a sandbox. */
function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null
}

/** Everything an endpoint reads: path parameters, then query, then a JSON body; parsed by its schema. */
export async function readInput<S extends z.ZodType>(schema: S, request: Request, context: RouteContext): Promise<z.output<S>> {
  return schema.parse(await rawInput(request, await context.params))
}

/** The same before it is parsed. */
export async function rawInput(request: Request, params: Record<string, string | string[] | undefined>): Promise<Record<string, unknown>> {
  const query = Object.fromEntries(new URL(request.url).searchParams)
  const body = request.method === 'GET' || request.method === 'HEAD' ? {} : await readBody(request)
  return { ...query, ...body, ...params }
}

async function readBody(request: Request): Promise<Record<string, unknown>> {
  const text = await readText(request)
  if (text === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    const object = jsonObject(value)
    if (object) return object
  } catch {
    // Said below: the same sentence for what does not parse and what is not an object.
  }
  throw new AppError('invalid_input', { message: 'The request body is not a JSON object.' })
}

/** The body as text; what is too large is not read to its end. */
async function readText(request: Request): Promise<string> {
  if (!request.body) return ''
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Not cancelled: that would take the connection away from under the answer.
  for await (const chunk of request.body.values({ preventCancel: true })) {
    bytes += chunk.length
    if (bytes > MOST_BODY_BYTES) throw new AppError('invalid_input', { message: 'The request body is larger than 1 MB.' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
