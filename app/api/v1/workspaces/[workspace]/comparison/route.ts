import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { compareInChild } from '#lib/services/console/compare.ts'

export const GET = route(ENDPOINTS.compare, compareInChild)
