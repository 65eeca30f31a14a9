import type { ReplicaRecord } from '#db/console/tables/replicas.ts'
import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ReplicaTarget } from '#lib/contracts/replica.ts'
import { assertPolicy } from '#lib/engine/retention/policy.ts'
import type { ServiceContext } from '../context.ts'
import { zoneOf } from '../retention/rules.ts'
import { scheduleProblem } from '../schedule/due.ts'
import { placeText } from './open-place.ts'
import { policyOfReplica } from './show-replicas.ts'

/** Throws `invalid_input` for a place that cannot be meant: in what it copies, without what opens it, or of a server whose key nobody confirmed. */
export function assertPlace(
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

/** Throws `invalid_input` for a policy, a schedule or locks that cannot be kept at that place. */
export function assertOptions(
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
