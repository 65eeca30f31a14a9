import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { cancelJob } from '#lib/services/jobs/start-job.ts'

export const POST = route(ENDPOINTS.cancelJob, (ctx, { job }) => cancelJob(ctx, { jobId: job }))
