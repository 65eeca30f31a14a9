import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { planRestoreInChild } from '#lib/services/console/verbs.ts'

export const POST = route(ENDPOINTS.planRestore, planRestoreInChild)
