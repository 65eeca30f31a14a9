import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { previewFile } from '#lib/services/console/preview-file.ts'

export const GET = route(ENDPOINTS.preview, (ctx, { archive, path, offset }, signal) =>
  previewFile(ctx, { archiveId: archive, path, offset }, signal),
)
