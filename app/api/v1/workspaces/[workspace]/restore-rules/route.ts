import { ENDPOINTS } from '#lib/contracts/endpoints.ts'
import { route } from '#lib/server/handler.ts'
import { setRestoreRules, showRestoreRules } from '#lib/services/restore/second-person.ts'

export const GET = route(ENDPOINTS.restoreRules, (ctx, { workspace }) => showRestoreRules(ctx, workspace))
export const POST = route(ENDPOINTS.setRestoreRules, (ctx, { workspace, secondPerson }) =>
  setRestoreRules(ctx, { workspaceId: workspace, secondPerson }),
)
