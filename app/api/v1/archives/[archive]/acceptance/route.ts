import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { acceptInChild } from '#lib/services/console/verbs.ts'

export const POST = route(ENDPOINTS.acceptArchive, (ctx, { archive, reason }) => acceptInChild(ctx, { archiveId: archive, reason }))
