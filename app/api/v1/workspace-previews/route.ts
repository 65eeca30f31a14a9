import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { previewWorkspaceInChild } from '#lib/services/console/verbs.ts'

export const POST = route(ENDPOINTS.previewWorkspace, previewWorkspaceInChild)
