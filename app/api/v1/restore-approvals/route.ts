import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { askRestoreApproval, listRestoreApprovals } from '#lib/services/restore/approvals.ts'

export const GET = route(ENDPOINTS.listRestoreApprovals, (ctx) => listRestoreApprovals(ctx, null))
export const POST = route(ENDPOINTS.askRestoreApproval, askRestoreApproval)
