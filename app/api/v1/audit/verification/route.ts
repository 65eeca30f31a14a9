import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { checkAuditInChild } from '#lib/services/console/audit.ts'

export const GET = route(ENDPOINTS.checkAudit, (ctx, _, signal) => checkAuditInChild(ctx, signal))
