import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { getArchive } from '#lib/services/archives/read-archives.ts'

export const GET = route(ENDPOINTS.getArchive, (ctx, { archive }) => getArchive(ctx, archive))
