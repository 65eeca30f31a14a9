import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { startImport } from '#lib/services/jobs/start-job.ts'

export const POST = route(ENDPOINTS.startImport, (ctx, { workspace, path }) => startImport(ctx, { workspaceId: workspace, path }))
