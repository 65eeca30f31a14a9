import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { acknowledgeTampering } from '#lib/services/replicas/save-replica.ts'

export const POST = route(ENDPOINTS.acknowledgeReplica, acknowledgeTampering)
