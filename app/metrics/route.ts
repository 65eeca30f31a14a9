import { metricsResponse } from '#lib/server/metrics.ts'

export const dynamic = 'force-dynamic'
export const GET = metricsResponse
