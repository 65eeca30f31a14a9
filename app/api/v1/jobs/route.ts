import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { listJobs } from '#lib/services/jobs/read-jobs.ts'

export const GET = route(ENDPOINTS.listJobs, (ctx, filter) => listJobs(ctx, filter))
