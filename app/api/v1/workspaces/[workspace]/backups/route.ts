import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { startBackup } from '#lib/services/jobs/start-job.ts'

export const POST = route(ENDPOINTS.startBackup, (ctx, { workspace, ...input }) => startBackup(ctx, { ...input, workspaceId: workspace }))
