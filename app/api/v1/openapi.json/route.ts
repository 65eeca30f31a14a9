import { errorResponse } from '#lib/server/handler.ts'
import { openApiDocument } from '#lib/server/openapi.ts'
import { requireContext } from '#lib/server/session.ts'

export async function GET(): Promise<Response> {
  try {
    await requireContext()
    return Response.json(openApiDocument())
  } catch (error) {
    return errorResponse(error)
  }
}
