import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { addReplica } from '#lib/services/replicas/save-replica.ts'
import { showReplicas } from '#lib/services/replicas/show-replicas.ts'

export const GET = route(ENDPOINTS.listReplicas, (ctx, { workspace }) => showReplicas(ctx, { workspaceId: workspace }))

export const POST = route(ENDPOINTS.addReplica, addReplica)
