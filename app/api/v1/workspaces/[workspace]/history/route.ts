import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { pageHistory } from '#lib/services/archives/read-archives.ts'

export const GET = route(ENDPOINTS.history, (ctx, { workspace, archive, ...input }) =>
  pageHistory(ctx, { workspaceId: workspace, archiveId: archive, ...input }),
)
