import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import type { JobId } from '#lib/base/ids.ts'
import type { ServiceContext } from '../context.ts'
import { startJob, WAIT_SECONDS } from '../jobs/start-job.ts'
import { requireReplica } from './find-replica.ts'

/** Starts a sync of a replica as a job. */
export function startReplicate(ctx: ServiceContext, input: { replica: string; check: 'some' | 'all' }): Promise<{ jobId: JobId }> {
  const { id, name, workspaceId } = requireReplica(ctx, input.replica)
  const workspace = requireWorkspace(ctx.consoleDb, workspaceId)
  return startJob(ctx, {
    right: 'back-up',
    kind: 'replicate',
    title: `${input.check === 'all' ? 'Check' : 'Copy to'} ${name}`,
    argv: ['replica', input.check === 'all' ? 'verify' : 'sync', '--wait', String(WAIT_SECONDS), '--', name],
    workspace: { id: workspace.id, name: workspace.name },
    input: { replica: id, check: input.check },
    object: { kind: 'replica', id },
  })
}
