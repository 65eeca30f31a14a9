import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { previewSchedule } from '#lib/services/schedule/workspace-schedule.ts'

export const GET = route(ENDPOINTS.previewSchedule, previewSchedule)
