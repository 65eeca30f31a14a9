import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { getEvidence } from '#lib/services/evidence/get-evidence.ts'

export const GET = route(ENDPOINTS.evidence, (ctx, { workspace, cursor, limit }) =>
  getEvidence(ctx, { workspaceId: workspace, cursor, limit }),
)
