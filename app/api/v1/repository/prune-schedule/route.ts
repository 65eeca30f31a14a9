import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { setPruneSchedule, showPruneSchedule } from '#lib/services/schedule/prune-schedule.ts'

export const GET = route(ENDPOINTS.pruneSchedule, showPruneSchedule)
export const POST = route(ENDPOINTS.setPruneSchedule, setPruneSchedule)
