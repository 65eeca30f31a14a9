import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { listSessionsOf } from '#lib/services/people/account.ts'

export const GET = route(ENDPOINTS.listSessions, listSessionsOf)
