import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { findBreakInChild } from '#lib/services/console/compare.ts'

export const GET = route(ENDPOINTS.findBreak, (ctx, { workspace, path, condition }, signal) =>
  findBreakInChild(ctx, { workspaceId: workspace, path, condition }, signal),
)
