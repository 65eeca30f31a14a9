import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { getRestoreApproval } from '#lib/services/restore/approvals.ts'

export const GET = route(ENDPOINTS.getRestoreApproval, (ctx, { approval }) => getRestoreApproval(ctx, approval))
