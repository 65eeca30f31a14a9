import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { addWorkspaceInChild } from '#lib/services/console/verbs.ts'
import { listWorkspaces } from '#lib/services/workspaces/change-workspace.ts'

export const GET = route(ENDPOINTS.listWorkspaces, (ctx) => listWorkspaces(ctx))
export const POST = route(ENDPOINTS.addWorkspace, addWorkspaceInChild)
