import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { invite } from '#lib/services/people/links.ts'

export const POST = route(ENDPOINTS.invite, invite)
