import { listReplicas } from '#db/console/tables/replicas.ts'
import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import { isAppError } from '#lib/base/errors.ts'
import { openRepository, type Repository } from '#lib/engine/repository/repository.ts'
import type { ServiceContext } from '../context.ts'
import { hostUnlock } from '../repository/host-keys.ts'
import { openPlace, placeKey } from './open-place.ts'

/** Opens the replicas of a repository to read from, for the time of `work`; one that cannot be reached now is left out. */
export async function withReplicas<T>(
  ctx: ServiceContext,
  repositoryId: string,
  signal: AbortSignal,
  work: (copies: Repository[]) => Promise<T>,
): Promise<T> {
  const copies = new Map<string, Repository>()
  try {
    for (const replica of listReplicas(ctx.consoleDb, null)) {
      const key = placeKey(replica.target)
      if (replica.facts.lastSuccessAt === null || copies.has(key)) continue
      const { timeZone } = requireWorkspace(ctx.consoleDb, replica.workspaceId)
      const copy = await open(ctx, replica, timeZone, signal)
      if (copy?.id === repositoryId) copies.set(key, copy)
      else copy?.close()
    }
    return await work([...copies.values()])
  } finally {
    for (const copy of copies.values()) copy.close()
  }
}

async function open(
  ctx: ServiceContext,
  replica: Parameters<typeof openPlace>[1],
  timeZone: string,
  signal: AbortSignal,
): Promise<Repository | null> {
  try {
    return await openRepository(await openPlace(ctx, replica, { timeZone, signal }), hostUnlock(ctx))
  } catch (error) {
    if (isAppError(error) && error.code !== 'cancelled') return null
    throw error
  }
}
