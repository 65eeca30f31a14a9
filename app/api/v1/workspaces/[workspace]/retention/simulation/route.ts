import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { simulateRetention } from '#lib/services/retention/plan-workspace.ts'

export const GET = route(ENDPOINTS.simulateRetention, (ctx, { workspace, ...draft }) => simulateRetention(ctx, workspace, draft))
