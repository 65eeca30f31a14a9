import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { showWorkspaceInChild } from '#lib/services/console/verbs.ts'
import { updateWorkspace } from '#lib/services/workspaces/change-workspace.ts'

export const GET = route(ENDPOINTS.showWorkspace, (ctx, { workspace }, signal) => showWorkspaceInChild(ctx, workspace, signal))
export const POST = route(ENDPOINTS.updateWorkspace, (ctx, { workspace, ...input }) =>
  updateWorkspace(ctx, { ...input, workspaceId: workspace }),
)
