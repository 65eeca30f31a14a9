import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { showRuntime } from '#lib/services/workspaces/show-runtime.ts'

export const GET = route(ENDPOINTS.showRuntime, (ctx, { workspace }) => showRuntime(ctx, workspace))
