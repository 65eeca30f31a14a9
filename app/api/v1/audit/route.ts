import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { readAudit } from '#lib/services/audit/read-audit.ts'

export const GET = route(ENDPOINTS.listAudit, readAudit)
