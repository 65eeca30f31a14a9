import {
  claimReplicaRun,
  deleteReplica,
  noteReplica,
  putReplica,
  type ReplicaRecord,
  startReplicaAnew,
} from '#db/console/tables/replicas.ts'
import { requireWorkspace, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { inTransaction } from '#db/handle.ts'
import { AppError } from '#lib/base/errors.ts'
import { newReplicaId } from '#lib/base/ids.ts'
import {
  type AddReplicaInput,
  type ChangeReplicaInput,
  type Replica,
  type ReplicaOptions,
  ReplicaOptionsSchema,
  type ReplicaSecrets,
  type ReplicaTarget,
} from '#lib/contracts/replica.ts'
import { assertPolicy } from '#lib/engine/retention/policy.ts'
import type { StorageSecrets } from '#lib/engine/storage/storage-target.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { sealSecrets } from '../notify/secret-box.ts'
import { zoneOf } from '../retention/rules.ts'
import { scheduleProblem } from '../schedule/due.ts'
import { requireReplica, workspaceOfReplica } from './find-replica.ts'
import { placeKey, placeText, secretsOf } from './open-place.ts'
import { policyOfReplica, replicaOf } from './show-replicas.ts'

/** Adds a replica to a workspace. Nothing is sent before the first sync, or a test. `isTakeOver`: another home kept that place, and is gone for good. */
export function addReplica(ctx: ServiceContext, input: AddReplicaInput & { isTakeOver?: boolean }): Replica {
  requireRight(ctx, 'settings')
  const { workspace: workspaceId, name, target, secrets, isTakeOver = false, ...rest } = input
  const workspace = requireWorkspace(ctx.consoleDb, workspaceId)
  const options = ReplicaOptionsSchema.parse(rest)
  assertPlace(ctx, workspace, target, secrets)
  const replica = { id: newReplicaId(), workspaceId, name, target, options, secrets: sealed(ctx, secrets) }
  assertOptions(ctx, workspace, replica)
  const at = new Date(ctx.clock.nowMs()).toISOString()
  inTransaction(ctx.consoleDb, () => {
    putReplica(ctx.consoleDb, replica, at)
    if (isTakeOver) noteReplica(ctx.consoleDb, replica.id, { isTakeOver })
    const detail = { name, place: placeText(target), ...options, isTakeOver }
    record(ctx, 'replica.add', { kind: 'replica', id: replica.id, workspaceId }, detail)
  })
  return replicaOf(ctx, requireReplica(ctx, replica.id), workspace)
}

/** Changes a replica; what is left out stays. Secrets stay only while they go where they went. */
export function changeReplica(ctx: ServiceContext, input: ChangeReplicaInput): Replica {
  requireRight(ctx, 'settings')
  const { replica: id, name, target, secrets, ...given } = input
  const before = requireReplica(ctx, id)
  const workspace = workspaceOfReplica(ctx, before)
  const change = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<ReplicaOptions>
  const kept = secrets ?? keptSecrets(ctx, before, target ?? before.target)
  const replica = {
    ...before,
    name: name ?? before.name,
    target: target ?? before.target,
    options: { ...before.options, ...change },
    secrets: sealed(ctx, kept),
  }
  assertPlace(ctx, workspace, replica.target, kept)
  assertOptions(ctx, workspace, replica)
  const at = new Date(ctx.clock.nowMs()).toISOString()
  inTransaction(ctx.consoleDb, () => {
    putReplica(ctx.consoleDb, replica, at)
    if (placeKey(replica.target) !== placeKey(before.target)) startReplicaAnew(ctx.consoleDb, before.id)
    // Runs that came due by another schedule do not count any more.
    if (change.schedule !== undefined) claimReplicaRun(ctx.consoleDb, before.id, before.lastDueAt, at)
    const detail = { name: replica.name, ...(target ? { place: placeText(target) } : {}), ...change, changedSecrets: secrets !== undefined }
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

const sealed = (ctx: ServiceContext, secrets: ReplicaSecrets | StorageSecrets): string =>
  secrets.kind === 'none' ? '' : sealSecrets(ctx, { storage: secrets as StorageSecrets })

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

function assertPlace(
  ctx: ServiceContext,
  { root, repositoryPath }: WorkspaceRecord,
  target: ReplicaTarget,
  secrets: { kind: string },
): void {
  const refused = (message: string, hint: string) => new AppError('invalid_input', { message, hint })
  if (target.kind === 'folder') {
    const isAt = (folder: string) => target.path === folder || target.path.startsWith(`${folder}/`) || folder.startsWith(`${target.path}/`)
    if (isAt(repositoryPath)) throw refused(`${target.path} is the repository itself, or in it.`, 'Choose a folder on another disk.')
    if (isAt(root))
      throw refused(`${target.path} and the workspace's own root ${root} overlap.`, 'A copy inside what it copies would grow without end.')
    if (isAt(ctx.paths.home)) throw refused(`${target.path} is the home of Orchive, or in it.`, 'Choose a folder on another disk.')
  } else if ((target.kind === 's3') !== (secrets.kind === 's3') || secrets.kind === 'none') {
    throw refused(
      target.kind === 's3' ? 'An access key and its secret are missing.' : 'A password or a private key is missing.',
      'Keys are kept sealed with the key of this home, and never shown.',
    )
  }
  if (target.kind === 'sftp' && target.hostKeyFingerprint === null)
    throw refused('The host key is not confirmed.', 'Test the connection, compare the fingerprint with the server’s own, and confirm it.')
}

function assertOptions(
  ctx: ServiceContext,
  workspace: WorkspaceRecord,
  replica: Omit<ReplicaRecord, 'facts' | 'createdAt' | 'lastDueAt'>,
): void {
  const { options, target } = replica
  const policy = policyOfReplica(ctx, replica as ReplicaRecord)
  const { timeZone: _, ...rules } = policy
  assertPolicy(rules, zoneOf(ctx, workspace.id, policy))
  const problem = options.schedule === null ? null : scheduleProblem(options.schedule, workspace.timeZone)
  if (problem) throw new AppError('invalid_input', { message: problem, hint: 'Write a cron expression such as `0 4 * * *`.' })
  const canLock = (target.kind === 's3' && target.objectLock !== null) || (target.kind === 'folder' && target.isImmutable)
  if (options.lockDays !== null && !canLock) {
    throw new AppError('invalid_input', {
      message: `${placeText(target)} is not set to lock objects.`,
      hint: 'Choose object lock (a bucket that was made with it), or the immutable attribute of a local folder; or leave the days out.',
    })
  }
  if (canLock && options.lockDays === null) {
    throw new AppError('invalid_input', {
      message: `${placeText(target)} locks objects, and it is not said for how long.`,
      hint: 'Set the days, such as 30.',
    })
  }
}
