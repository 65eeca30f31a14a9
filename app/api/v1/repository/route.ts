import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { repositoryStats } from '#lib/services/repository/repository-stats.ts'

export const GET = route(ENDPOINTS.repositoryStats, (ctx) => repositoryStats(ctx))
