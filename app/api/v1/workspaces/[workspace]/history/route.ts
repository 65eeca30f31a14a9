import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { fileHistory } from '#lib/services/archives/read-archives.ts'

export const GET = route(ENDPOINTS.history, (ctx, { workspace, path }) => fileHistory(ctx, { workspaceId: workspace, path }))
