import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { recoverySheetInChild } from '#lib/services/console/recovery-sheet.ts'

export const GET = route(ENDPOINTS.recoverySheet, (ctx, { workspace }, signal) => recoverySheetInChild(ctx, workspace, signal))
