import { noteReplica, putReplica } from '#db/console/tables/replicas.ts'
import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import { inTransaction } from '#db/handle.ts'
import { newReplicaId } from '#lib/base/ids.ts'
import { type AddReplicaInput, type Replica, ReplicaOptionsSchema } from '#lib/contracts/replica.ts'
import type { StorageSecrets } from '#lib/engine/storage/storage-target.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { assertOptions, assertPlace } from './assert-replica.ts'
import { assertWorks } from './assert-works.ts'
import { requireReplica } from './find-replica.ts'
import { placeText, sealSecretsOf } from './open-place.ts'
import { replicaOf } from './show-replicas.ts'

/**
 * Adds a replica to a workspace, after its place was tried with a small object unless `isUntried`; nothing else is sent before the first sync. Throws what the try
 * failed with, and then nothing is added. `isTakeOver`: another home kept that place, and is gone for good.
 */
export async function addReplica(ctx: ServiceContext, input: AddReplicaInput & { isTakeOver?: boolean }): Promise<Replica> {
  requireRight(ctx, 'settings')
  const { workspace: workspaceId, name, target, secrets, isTakeOver = false, isUntried, ...rest } = input
  const workspace = requireWorkspace(ctx.consoleDb, workspaceId)
  const options = ReplicaOptionsSchema.parse(rest)
  assertPlace(ctx, workspace, target, secrets)
  const replica = { id: newReplicaId(), workspaceId, name, target, options, secrets: sealSecretsOf(ctx, secrets) }
  assertOptions(ctx, workspace, replica)
  if (!isUntried) await assertWorks(workspace, target, secrets as StorageSecrets, 'Nothing was added')
  const at = new Date(ctx.clock.nowMs()).toISOString()
  inTransaction(ctx.consoleDb, () => {
    putReplica(ctx.consoleDb, replica, at)
    if (isTakeOver) noteReplica(ctx.consoleDb, replica.id, { isTakeOver })
    const detail = { name, place: placeText(target), ...options, isTakeOver, isUntried }
    record(ctx, 'replica.add', { kind: 'replica', id: replica.id, workspaceId }, detail)
  })
  return replicaOf(ctx, requireReplica(ctx, replica.id), workspace)
}
