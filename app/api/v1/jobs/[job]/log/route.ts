import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { getJobLog } from '#lib/services/jobs/read-jobs.ts'

export const GET = route(ENDPOINTS.jobLog, (ctx, { job, cursor, limit }) => getJobLog(ctx, job, { cursor, limit }))
