import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { startUndo } from '#lib/services/jobs/start-job.ts'

export const POST = route(ENDPOINTS.startUndo, (ctx, { job, ...input }) => startUndo(ctx, { ...input, jobId: job }))
