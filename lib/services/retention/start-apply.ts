import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import type { JobId, WorkspaceId } from '#lib/base/ids.ts'
import type { ServiceContext } from '../context.ts'
import { startJob } from '../jobs/start-job.ts'

/** Starts what an approved proposal says. */
export function startApply(
  ctx: ServiceContext,
  input: { proposal: string; workspaceId: WorkspaceId; forgetCount: number },
): Promise<{ jobId: JobId }> {
  const { id, name } = requireWorkspace(ctx.consoleDb, input.workspaceId)
  return startJob(ctx, {
    right: 'approve',
    kind: 'retention',
    title: `Move ${input.forgetCount === 1 ? 'an archive' : `${input.forgetCount} archives`} of ${name} to trash (${input.proposal})`,
    argv: ['retention', 'apply', '--', input.proposal],
    workspace: { id, name },
    input,
    object: { kind: 'proposal', id: input.proposal },
  })
}
