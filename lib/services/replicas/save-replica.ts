import {
  claimReplicaRun,
  deleteReplica,
  noteReplica,
  putReplica,
  type ReplicaRecord,
  startReplicaAnew,
} from '#db/console/tables/replicas.ts'
import { inTransaction } from '#db/handle.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ChangeReplicaInput, Replica, ReplicaOptions, ReplicaTarget } from '#lib/contracts/replica.ts'
import type { StorageSecrets } from '#lib/engine/storage/storage-target.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { assertOptions, assertPlace } from './assert-replica.ts'
import { assertWorks } from './assert-works.ts'
import { requireReplica, workspaceOfReplica } from './find-replica.ts'
import { placeKey, placeText, sealSecretsOf, secretsOf } from './open-place.ts'
import { replicaOf } from './show-replicas.ts'

/**
 * Changes a replica; what is left out stays. Secrets stay only while they go where they went. Another place, or other keys, are tried with a small object unless
 * `isUntried`; throws what that failed with, and then nothing is changed.
 */
export async function changeReplica(ctx: ServiceContext, input: ChangeReplicaInput): Promise<Replica> {
  requireRight(ctx, 'settings')
  const { replica: id, name, target, secrets, isUntried, ...given } = input
  const before = requireReplica(ctx, id)
  const workspace = workspaceOfReplica(ctx, before)
  const change = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<ReplicaOptions>
  const kept = secrets ?? keptSecrets(ctx, before, target ?? before.target)
  const replica = {
    ...before,
    name: name ?? before.name,
    target: target ?? before.target,
    options: { ...before.options, ...change },
    secrets: sealSecretsOf(ctx, kept),
  }
  assertPlace(ctx, workspace, replica.target, kept)
  assertOptions(ctx, workspace, replica)
  const isElsewhere = JSON.stringify(replica.target) !== JSON.stringify(before.target)
  const isOther = isElsewhere || JSON.stringify(kept) !== JSON.stringify(secretsOf(ctx, before))
  if (isOther && !isUntried) await assertWorks(workspace, replica.target, kept, 'Nothing was changed')
  const at = new Date(ctx.clock.nowMs()).toISOString()
  inTransaction(ctx.consoleDb, () => {
    putReplica(ctx.consoleDb, replica, at)
    if (placeKey(replica.target) !== placeKey(before.target)) startReplicaAnew(ctx.consoleDb, before.id)
    // Runs that came due by another schedule do not count any more.
    if (change.schedule !== undefined) claimReplicaRun(ctx.consoleDb, before.id, before.lastDueAt, at)
    const where = target ? { place: placeText(target) } : {}
    const detail = { name: replica.name, ...where, ...change, changedSecrets: secrets !== undefined, isUntried: isOther && isUntried }
    record(ctx, 'replica.change', { kind: 'replica', id: before.id, workspaceId: workspace.id }, detail)
  })
  return replicaOf(ctx, requireReplica(ctx, before.id), workspace)
}

/** Forgets a replica; what lies at its place stays there. */
export function removeReplica(ctx: ServiceContext, input: { replica: string }): { removed: string; place: string } {
  requireRight(ctx, 'settings')
  const { id, name, target, workspaceId } = requireReplica(ctx, input.replica)
  const place = placeText(target)
  deleteReplica(ctx.consoleDb, id)
  record(ctx, 'replica.remove', { kind: 'replica', id, workspaceId }, { name, place })
  return { removed: name, place }
}

/** Ends the alarm of objects that were deleted or overwritten: somebody looked into it. */
export function acknowledgeTampering(ctx: ServiceContext, input: { replica: string; reason: string }): Replica {
  requireRight(ctx, 'settings')
  const replica = requireReplica(ctx, input.replica)
  const { tampering, tamperedAt } = replica.facts
  noteReplica(ctx.consoleDb, replica.id, { tamperedAt: null, tampering: null })
  const detail = { name: replica.name, reason: input.reason, tampering, tamperedAt }
  record(ctx, 'replica.acknowledge', { kind: 'replica', id: replica.id, workspaceId: replica.workspaceId }, detail)
  return replicaOf(ctx, requireReplica(ctx, replica.id), workspaceOfReplica(ctx, replica))
}

/** The next sync takes the place over, or fills it again after it was emptied. */
export function takeOverPlace(ctx: ServiceContext, input: { replica: string }): void {
  requireRight(ctx, 'settings')
  const { id, name, workspaceId } = requireReplica(ctx, input.replica)
  noteReplica(ctx.consoleDb, id, { isTakeOver: true })
  record(ctx, 'replica.take-over', { kind: 'replica', id, workspaceId }, { name })
}

/** What is kept secret goes only where it went: a changed server could be anybody's. */
function keptSecrets(ctx: ServiceContext, before: ReplicaRecord, target: ReplicaTarget): StorageSecrets {
  if (target.kind === 'folder') return { kind: 'none' }
  if (serverOf(target) === serverOf(before.target)) return secretsOf(ctx, before)
  throw new AppError('invalid_input', {
    message: `The place of ${before.name} changed, and its keys are not sent to another server.`,
    hint: 'Enter them again.',
  })
}

function serverOf(target: ReplicaTarget): string {
  switch (target.kind) {
    case 'folder':
      return 'folder'
    case 's3':
      return `s3 ${target.endpoint}`
    case 'sftp':
      return `sftp ${target.user}@${target.host}:${target.port} ${target.hostKeyFingerprint}`
  }
}
