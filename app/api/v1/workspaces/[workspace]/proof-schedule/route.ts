import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { showProofSchedule } from '#lib/services/schedule/proof-schedule.ts'

export const GET = route(ENDPOINTS.proofSchedule, (ctx, { workspace }) => showProofSchedule(ctx, workspace))
