/** Runbook plans for the console, as children running the command line's own verbs. */
import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import type { ArchiveId, WorkspaceId } from '#lib/base/ids.ts'
import type { SalvageMode, StatePlan } from '#lib/contracts/recover.ts'
import { runVerb } from '#lib/jobs/spawn-verb.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { programOf } from './verbs.ts'

/** How the state of a workspace would be recovered. */
export async function planStateInChild(
  ctx: ServiceContext,
  input: { workspaceId: WorkspaceId; archiveId: ArchiveId | null; salvage: SalvageMode },
  signal?: AbortSignal,
): Promise<StatePlan> {
  requireRight(ctx, 'restore')
  const from = input.archiveId === null ? [] : [`--archive=${input.archiveId}`]
  const { id } = requireWorkspace(ctx.consoleDb, input.workspaceId)
  const argv = ['recover', 'state', ...from, `--salvage=${input.salvage}`, '--dry-run', '--', id]
  const printed = await runVerb(programOf(ctx), argv, { signal })
  return (printed as { plan: StatePlan }).plan
}
