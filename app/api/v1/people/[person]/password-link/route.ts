import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { makePasswordLink } from '#lib/services/people/links.ts'

export const POST = route(ENDPOINTS.makePasswordLink, makePasswordLink)
