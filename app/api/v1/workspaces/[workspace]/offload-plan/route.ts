import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { planOffloadInChild } from '#lib/services/console/disk.ts'

export const GET = route(ENDPOINTS.planOffload, (ctx, { workspace, ...policy }, signal) =>
  planOffloadInChild(ctx, workspace, policy, signal),
)
