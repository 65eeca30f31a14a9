import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { approveRestore } from '#lib/services/restore/decide-approval.ts'

export const POST = route(ENDPOINTS.approveRestore, approveRestore)
