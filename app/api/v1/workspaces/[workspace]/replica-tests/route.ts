import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { testReplica } from '#lib/services/replicas/test-place.ts'

export const POST = route(ENDPOINTS.testReplica, testReplica)
