import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { startReplicate } from '#lib/services/jobs/start-job.ts'

export const POST = route(ENDPOINTS.startSync, startReplicate)
