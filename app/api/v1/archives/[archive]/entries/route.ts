import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { listFolder } from '#lib/services/archives/read-archives.ts'

export const GET = route(ENDPOINTS.listFolder, (ctx, { archive, ...folder }) => listFolder(ctx, { archiveId: archive, ...folder }))
