import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { planStateInChild } from '#lib/services/console/recover.ts'
import { startRecoverState } from '#lib/services/jobs/start-job.ts'

export const GET = route(ENDPOINTS.planState, (ctx, { workspace, archive, salvage }, signal) =>
  planStateInChild(ctx, { workspaceId: workspace, archiveId: archive ?? null, salvage }, signal),
)
export const POST = route(ENDPOINTS.startRecoverState, (ctx, { workspace, ...input }) =>
  startRecoverState(ctx, { ...input, workspaceId: workspace }),
)
