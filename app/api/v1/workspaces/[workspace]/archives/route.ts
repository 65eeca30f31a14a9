import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { listArchives } from '#lib/services/archives/read-archives.ts'

export const GET = route(ENDPOINTS.listArchives, (ctx, { workspace, ...filter }) =>
  listArchives(ctx, { workspaceId: workspace, ...filter }),
)
