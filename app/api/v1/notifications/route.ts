import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { showNotifications } from '#lib/services/notify/channels.ts'

export const GET = route(ENDPOINTS.notifications, showNotifications)
