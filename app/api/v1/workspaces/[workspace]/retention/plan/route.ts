import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { planRetentionInChild } from '#lib/services/console/retention.ts'

export const GET = route(ENDPOINTS.planRetention, (ctx, { workspace, ...draft }) => planRetentionInChild(ctx, workspace, draft))
