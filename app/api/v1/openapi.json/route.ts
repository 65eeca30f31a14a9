import { requireActor } from '#lib/server/actor.ts'
import { openApiText } from '#lib/server/openapi/document.ts'
import { errorResponse } from '#lib/server/request.ts'

export async function GET(request: Request): Promise<Response> {
  try {
    await requireActor(request)
    return new Response(openApiText(), { headers: { 'Content-Type': 'application/json' } })
  } catch (error) {
    return errorResponse(error)
  }
}
