import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { removeChannel } from '#lib/services/notify/channels.ts'

export const POST = route(ENDPOINTS.removeChannel, removeChannel)
