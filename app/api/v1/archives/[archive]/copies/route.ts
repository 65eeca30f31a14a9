import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { showArchiveCopies } from '#lib/services/replicas/show-replicas.ts'

export const GET = route(ENDPOINTS.archiveCopies, (ctx, { archive }) => showArchiveCopies(ctx, { archiveId: archive }))
