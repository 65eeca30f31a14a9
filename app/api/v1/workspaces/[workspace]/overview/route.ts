import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { getOverview } from '#lib/services/overview/get-overview.ts'

export const GET = route(ENDPOINTS.overview, (ctx, { workspace }) => getOverview(ctx, workspace))
