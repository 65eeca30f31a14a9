import type { WorkspaceId } from '#lib/base/ids.ts'
import type { RecoveryPlace } from '#lib/engine/restore/journal.ts'
import type { ServiceContext } from '../context.ts'
import { releaseReserve } from '../home/reserve-file.ts'

/** Days for which a restore in place can be undone. */
export const UNDO_DAYS = 7

/** Where the journal, the lock and the undos of a workspace lie in this home. */
export function recoveryPlaceOf(ctx: ServiceContext, workspace: { id: WorkspaceId; name: string }): RecoveryPlace {
  return {
    folder: ctx.paths.journals,
    workspaceId: workspace.id,
    workspace: workspace.name,
    nowMs: () => ctx.clock.nowMs(),
    keepUndoMs: UNDO_DAYS * 86_400_000,
    makeRoom: () => releaseReserve(ctx.paths.reserve),
  }
}
