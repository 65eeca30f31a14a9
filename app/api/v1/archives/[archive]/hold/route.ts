import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { holdInChild } from '#lib/services/console/verbs.ts'

export const POST = route(ENDPOINTS.holdArchive, (ctx, { archive, ...input }) => holdInChild(ctx, { ...input, archiveId: archive }))
