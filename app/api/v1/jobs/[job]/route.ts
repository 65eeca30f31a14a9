import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { getJob } from '#lib/services/jobs/read-jobs.ts'

export const GET = route(ENDPOINTS.getJob, (ctx, { job }) => getJob(ctx, job))
