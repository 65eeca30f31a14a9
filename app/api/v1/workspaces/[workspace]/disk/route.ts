import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { reportDiskInChild } from '#lib/services/console/disk.ts'

export const GET = route(ENDPOINTS.disk, (ctx, { workspace }, signal) => reportDiskInChild(ctx, workspace, signal))
