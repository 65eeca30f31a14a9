import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { estimateInChild } from '#lib/services/console/replicas.ts'

export const GET = route(ENDPOINTS.estimateReplica, estimateInChild)
