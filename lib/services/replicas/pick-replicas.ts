import { listReplicas } from '#db/console/tables/replicas.ts'
import { AppError } from '#lib/base/errors.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { ReplicaId } from '#lib/contracts/replica.ts'
import type { ServiceContext } from '../context.ts'
import { dueReplicas } from './due-replicas.ts'
import { requireReplica } from './find-replica.ts'

export interface PickReplicas {
  /** Id or name; null = not named. */
  replica: string | null
  /** Only of this workspace; null = of all. */
  workspaceId: WorkspaceId | null
  which: 'all' | 'due' | 'only'
}

/** The replicas that a verb means: the one named, all that are not paused, those that are due, or the only one there is. */
export function pickReplicas(ctx: ServiceContext, { replica, workspaceId, which }: PickReplicas): ReplicaId[] {
  if (replica !== null) return [requireReplica(ctx, replica).id]
  const all = listReplicas(ctx.consoleDb, workspaceId)
  if (which === 'due') return dueReplicas(ctx, all).map(({ id }) => id)
  if (which === 'all') return all.filter(({ options }) => !options.isPaused).map(({ id }) => id)
  if (all.length === 1) return [all[0]!.id]
  throw new AppError('usage', {
    message: all.length === 0 ? 'There is no replica.' : 'Say which replica, or --all.',
    hint: 'See orchive replica list.',
  })
}
