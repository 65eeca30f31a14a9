import { getBackupOptions } from '#db/console/tables/backup-options.ts'
import { claimReplicaRun, listReplicas } from '#db/console/tables/replicas.ts'
import type { JobId } from '#lib/base/ids.ts'
import type { ServiceContext } from '../context.ts'
import { dueReplicas } from './due-replicas.ts'
import { startReplicate } from './start-replicate.ts'

/** Starts the sync of each replica that is due. Of two consoles on one home only one starts it. Returns the jobs. */
export async function startDueSyncs(ctx: ServiceContext): Promise<JobId[]> {
  const started: JobId[] = []
  for (const replica of dueReplicas(ctx, listReplicas(ctx.consoleDb, null))) {
    if (getBackupOptions(ctx.consoleDb, replica.workspaceId).runBy === 'host') continue
    if (!claimReplicaRun(ctx.consoleDb, replica.id, replica.lastDueAt, new Date(ctx.clock.nowMs()).toISOString())) continue
    started.push((await startReplicate(ctx, { replica: replica.id, check: 'some' })).jobId)
  }
  return started
}
