import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { getDrillReport } from '#lib/services/verify/drill-report.ts'

export const GET = route(ENDPOINTS.drillReport, (ctx, { job }) => getDrillReport(ctx, job))
