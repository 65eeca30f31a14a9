import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { listTrash } from '#lib/services/trash/list-trash.ts'

export const GET = route(ENDPOINTS.listTrash, (ctx, { workspace, cursor, limit }) =>
  listTrash(ctx, { workspaceId: workspace, cursor, limit }),
)
