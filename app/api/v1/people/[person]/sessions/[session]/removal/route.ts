import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { revokeSession } from '#lib/services/people/account.ts'

export const POST = route(ENDPOINTS.revokeSession, revokeSession)
