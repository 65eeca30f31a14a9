import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { removeWorkspace } from '#lib/services/workspaces/change-workspace.ts'

export const POST = route(ENDPOINTS.removeWorkspace, (ctx, { workspace }) => removeWorkspace(ctx, { workspaceId: workspace }))
