import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { changeReplica } from '#lib/services/replicas/save-replica.ts'

export const POST = route(ENDPOINTS.changeReplica, changeReplica)
