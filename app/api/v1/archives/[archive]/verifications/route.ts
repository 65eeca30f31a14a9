import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { startVerify } from '#lib/services/jobs/start-job.ts'

export const POST = route(ENDPOINTS.startVerify, (ctx, { archive, level }) => startVerify(ctx, { archiveId: archive, level }))
