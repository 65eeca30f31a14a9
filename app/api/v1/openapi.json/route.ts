import { errorResponse } from '#lib/server/handler.ts'
import { openApiDocument } from '#lib/server/openapi/document.ts'
import { requireActor } from '#lib/server/session.ts'

export async function GET(request: Request): Promise<Response> {
  try {
    await requireActor(request)
    return Response.json(openApiDocument())
  } catch (error) {
    return errorResponse(error)
  }
}
