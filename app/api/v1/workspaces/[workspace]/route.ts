import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { showWorkspaceInChild } from '#lib/services/console/verbs.ts'

export const GET = route(ENDPOINTS.showWorkspace, (ctx, { workspace }, signal) => showWorkspaceInChild(ctx, workspace, signal))
