import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { findNames } from '#lib/services/archives/read-archives.ts'

export const GET = route(ENDPOINTS.findInArchive, (ctx, { archive, ...search }) => findNames(ctx, { archiveId: archive, ...search }))
