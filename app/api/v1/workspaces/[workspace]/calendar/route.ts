import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { archiveCalendar } from '#lib/services/archives/archive-calendar.ts'

export const GET = route(ENDPOINTS.calendar, (ctx, { workspace, days }) => archiveCalendar(ctx, { workspaceId: workspace, days }))
