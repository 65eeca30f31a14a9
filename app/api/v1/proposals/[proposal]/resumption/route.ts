import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { resumeProposal } from '#lib/services/retention/decide-proposal.ts'

export const POST = route(ENDPOINTS.resumeProposal, resumeProposal)
