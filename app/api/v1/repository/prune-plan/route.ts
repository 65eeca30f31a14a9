import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { planPruneInChild } from '#lib/services/console/trash.ts'

export const GET = route(ENDPOINTS.planPrune, planPruneInChild)
