import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { planHostInChild } from '#lib/services/console/verbs.ts'

export const POST = route(ENDPOINTS.planHost, planHostInChild)
