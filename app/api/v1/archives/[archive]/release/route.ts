import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { releaseInChild } from '#lib/services/console/verbs.ts'

export const POST = route(ENDPOINTS.releaseArchive, (ctx, { archive }) => releaseInChild(ctx, { archiveId: archive }))
