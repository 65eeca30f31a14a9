import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { endTwoStep } from '#lib/services/people/people.ts'

export const POST = route(ENDPOINTS.endTwoStep, endTwoStep)
