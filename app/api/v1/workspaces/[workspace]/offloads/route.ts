import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { startOffload } from '#lib/services/jobs/start-job.ts'

export const POST = route(ENDPOINTS.startOffload, (ctx, { workspace, ...input }) => startOffload(ctx, { ...input, workspaceId: workspace }))
