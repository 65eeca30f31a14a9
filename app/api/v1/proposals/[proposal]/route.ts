import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { getProposal } from '#lib/services/retention/proposals.ts'

export const GET = route(ENDPOINTS.getProposal, (ctx, { proposal }) => getProposal(ctx, proposal))
