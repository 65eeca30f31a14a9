import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { setRetention, showRules } from '#lib/services/retention/rules.ts'

export const GET = route(ENDPOINTS.retentionRules, (ctx, { workspace }) => showRules(ctx, workspace))

export const POST = route(ENDPOINTS.setRetention, (ctx, { workspace, ...change }) =>
  setRetention(ctx, { workspaceId: workspace, ...change }),
)
