import 'server-only'
import { AppError } from '#lib/base/errors.ts'
import { answerCall } from './answer-call.ts'
import { failureAnswer } from './call.ts'
import { findEndpoint } from './find-endpoint.ts'
import { performer } from './performer.ts'

/** Answers a request to an endpoint inside Next, where that serves by itself (`npm run dev`); and says in the API's own words what no endpoint is for. */
export async function apiResponse(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  const found = findEndpoint(request.method, pathname)
  const { status, headers, body, cookies } = found
    ? await answerCall(request, found, await performer())
    : { ...failureAnswer(noEndpoint(request.method, pathname)), cookies: [] }
  const response = new Response(body, { status, headers })
  for (const cookie of cookies) response.headers.append('Set-Cookie', cookie)
  return response
}

const noEndpoint = (method: string, pathname: string) =>
  new AppError('path_unknown', { message: `There is no ${method} ${pathname}.`, hint: 'See /api/v1/openapi.json for what there is.' })
