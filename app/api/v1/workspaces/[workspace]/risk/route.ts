import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { countRiskInChild } from '#lib/services/console/verbs.ts'

export const GET = route(ENDPOINTS.risk, (ctx, { workspace }, signal) => countRiskInChild(ctx, workspace, signal))
