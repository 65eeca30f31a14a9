import { findReplica, listReplicas, type ReplicaRecord } from '#db/console/tables/replicas.ts'
import { requireWorkspace, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { AppError } from '#lib/base/errors.ts'
import { maySee } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'

/** The replica with this id or name; throws `replica_unknown`, also for one of a workspace that is none of the actor's. */
export function requireReplica(ctx: ServiceContext, idOrName: string): ReplicaRecord {
  const replica = findReplica(ctx.consoleDb, idOrName)
  if (replica && maySee(ctx, replica.workspaceId)) return replica
  const names = listReplicas(ctx.consoleDb, null)
    .filter(({ workspaceId }) => maySee(ctx, workspaceId))
    .map(({ name }) => name)
  throw new AppError('replica_unknown', {
    message: `There is no replica “${idOrName}”.`,
    hint:
      names.length === 0 ? 'Add one on the page Replicas of a workspace, or with `orchive replica add`.' : `Known: ${names.join(', ')}.`,
  })
}

/** The workspace that a replica is of. */
export const workspaceOfReplica = (ctx: ServiceContext, { workspaceId }: ReplicaRecord): WorkspaceRecord =>
  requireWorkspace(ctx.consoleDb, workspaceId)
