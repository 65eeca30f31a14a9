import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { revokeToken } from '#lib/services/people/tokens.ts'

export const POST = route(ENDPOINTS.revokeToken, revokeToken)
