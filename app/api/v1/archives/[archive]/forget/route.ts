import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { forgetInChild } from '#lib/services/console/trash.ts'

export const POST = route(ENDPOINTS.forgetArchive, (ctx, { archive, reason }) => forgetInChild(ctx, { archiveId: archive, reason }))
