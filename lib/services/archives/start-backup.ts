import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import type { JobId, WorkspaceId } from '#lib/base/ids.ts'
import type { ServiceContext } from '../context.ts'
import { startJob } from '../jobs/start-job.ts'

/** Starts a backup of a workspace as a job. */
export function startBackup(
  ctx: ServiceContext,
  input: { workspaceId: WorkspaceId; note?: string | undefined; skipUnchanged?: boolean | undefined },
): Promise<{ jobId: JobId }> {
  const { id, name } = requireWorkspace(ctx.consoleDb, input.workspaceId)
  return startJob(ctx, {
    right: 'back-up',
    kind: 'backup',
    title: `Back up ${name}`,
    argv: ['backup', ...(input.note ? [`--note=${input.note}`] : []), ...(input.skipUnchanged ? ['--skip-unchanged'] : []), '--', name],
    workspace: { id, name },
    input,
    object: { kind: 'workspace', id },
  })
}
