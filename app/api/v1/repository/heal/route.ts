import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { startHeal } from '#lib/services/jobs/start-job.ts'

export const POST = route(ENDPOINTS.startHeal, startHeal)
