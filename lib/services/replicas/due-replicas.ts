import type { ReplicaRecord } from '#db/console/tables/replicas.ts'
import type { ServiceContext } from '../context.ts'
import { dueMs, isBusy } from './next-sync.ts'

/** Of some replicas the ones whose sync is due now and may start. */
export function dueReplicas(ctx: ServiceContext, replicas: readonly ReplicaRecord[]): ReplicaRecord[] {
  const nowMs = ctx.clock.nowMs()
  return replicas.filter((replica) => {
    const due = dueMs(ctx, replica)
    return due !== null && due <= nowMs && !isBusy(ctx, replica)
  })
}
