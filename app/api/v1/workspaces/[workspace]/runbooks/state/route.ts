import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { planStateInChild } from '#lib/services/console/recover.ts'

export const GET = route(ENDPOINTS.planState, (ctx, { workspace, archive, salvage }, signal) =>
  planStateInChild(ctx, { workspaceId: workspace, archiveId: archive ?? null, salvage }, signal),
)
