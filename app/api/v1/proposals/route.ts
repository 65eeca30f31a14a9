import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { listWaiting } from '#lib/services/retention/proposals.ts'

export const GET = route(ENDPOINTS.listWaiting, (ctx) => listWaiting(ctx, null))
