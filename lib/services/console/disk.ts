/** The disk for the console, as children running the command line's own verbs. Each function authorises first. */
import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { DiskReport, OffloadPlan, OffloadPolicy } from '#lib/contracts/disk.ts'
import { runVerb } from '#lib/jobs/spawn-verb.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { offloadArguments } from '../disk/start-offload.ts'
import { programOf } from './verbs.ts'

/** A page shows at most so many files; the command line lists all. */
const SHOWN_FILES = 500

/** What takes space, how fast it grows and when the disk is full. */
export function reportDiskInChild(ctx: ServiceContext, id: WorkspaceId, signal?: AbortSignal): Promise<DiskReport> {
  requireRight(ctx, 'list')
  return runVerb(programOf(ctx), ['disk', requireWorkspace(ctx.consoleDb, id).id], { signal }) as Promise<DiskReport>
}

/** What an offload by this policy would do, with the first files of it. */
export async function planOffloadInChild(
  ctx: ServiceContext,
  id: WorkspaceId,
  policy: OffloadPolicy,
  signal?: AbortSignal,
): Promise<OffloadPlan> {
  requireRight(ctx, 'list')
  const argv = offloadArguments(requireWorkspace(ctx.consoleDb, id).id, policy, ['--dry-run'])
  const { plan } = (await runVerb(programOf(ctx), argv, { signal })) as { plan: OffloadPlan }
  return { ...plan, files: plan.files.slice(0, SHOWN_FILES) }
}
