import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { setSchedule, showSchedule } from '#lib/services/schedule/workspace-schedule.ts'

export const GET = route(ENDPOINTS.showSchedule, (ctx, { workspace }) => showSchedule(ctx, workspace))
export const POST = route(ENDPOINTS.setSchedule, (ctx, { workspace, ...change }) => setSchedule(ctx, { workspaceId: workspace, ...change }))
