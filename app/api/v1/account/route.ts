import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { getAccount } from '#lib/services/people/account.ts'

export const GET = route(ENDPOINTS.account, (ctx) => getAccount(ctx, null))
