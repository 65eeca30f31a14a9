import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { startRestore } from '#lib/services/jobs/start-job.ts'

export const POST = route(ENDPOINTS.startRestore, startRestore)
