import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { unforgetInChild } from '#lib/services/console/trash.ts'

export const POST = route(ENDPOINTS.unforgetArchive, (ctx, { archive, reason }) => unforgetInChild(ctx, { archiveId: archive, reason }))
