import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { proposeInChild } from '#lib/services/console/retention.ts'
import { listProposals } from '#lib/services/retention/proposals.ts'

export const GET = route(ENDPOINTS.listProposals, (ctx, { workspace, cursor, limit }) =>
  listProposals(ctx, { workspaceId: workspace, cursor, limit }),
)

export const POST = route(ENDPOINTS.propose, (ctx, { workspace, ...input }) => proposeInChild(ctx, { workspaceId: workspace, ...input }))
