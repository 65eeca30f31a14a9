import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { rejectProposal } from '#lib/services/retention/decide-proposal.ts'

export const POST = route(ENDPOINTS.rejectProposal, rejectProposal)
