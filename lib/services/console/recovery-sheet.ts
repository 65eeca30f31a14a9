/** The recovery sheet for the console, by a child: it reads objects of the repository. */
import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { RecoverySheet } from '#lib/contracts/recovery-sheet.ts'
import { runVerb } from '#lib/jobs/spawn-verb.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { programOf } from './verbs.ts'

/** The sheet of a workspace, as of now. */
export function recoverySheetInChild(ctx: ServiceContext, id: WorkspaceId, signal?: AbortSignal): Promise<RecoverySheet> {
  requireRight(ctx, 'list')
  return runVerb(programOf(ctx), ['recovery-sheet', requireWorkspace(ctx.consoleDb, id).id], { signal }) as Promise<RecoverySheet>
}
