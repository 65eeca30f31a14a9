import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import { AppError, isAppError } from '#lib/base/errors.ts'
import type { ReplicaTarget, ReplicaTest, TestReplicaInput } from '#lib/contracts/replica.ts'
import { type OpenTargetOptions, openStorageTarget } from '#lib/engine/storage/open-storage-target.ts'
import type { StorageSecrets } from '#lib/engine/storage/storage-target.ts'
import { type TargetCapabilities, type TargetReport, testTarget } from '#lib/engine/storage/test-target.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { repositoryIdAt } from '../repository/repository-id.ts'
import { requireReplica } from './find-replica.ts'
import { placeText, secretsOf, targetOf } from './open-place.ts'

const CLOCK_IS_OFF_MS = 5 * 60_000

/** Tries a place with a small object, and says what it can do and what stands there. Saved secrets are only sent to the server they were saved for. */
export async function testReplica(ctx: ServiceContext, input: TestReplicaInput): Promise<ReplicaTest> {
  requireRight(ctx, 'settings')
  const { repositoryPath } = requireWorkspace(ctx.consoleDb, input.workspace)
  const { target, secrets } = whatToTest(ctx, input)
  const { report, holds } = await tryPlace(target, secrets, repositoryIdAt(repositoryPath))
  const steps = report.steps.map(({ step, durationMs, error }) => ({
    step,
    durationMs: Math.round(durationMs),
    error: error && { code: error.code, message: error.message, hint: error.hint },
  }))
  const unconfirmed = report.steps.find(({ error }) => error?.code === 'host_key_unconfirmed')?.error?.context['fingerprint']
  record(
    ctx,
    'replica.test',
    { kind: 'replica', id: input.replica ?? null, workspaceId: input.workspace },
    { place: placeText(target), isUsable: report.isUsable },
  )
  return {
    place: placeText(target),
    isUsable: report.isUsable && holds !== 'another',
    steps,
    hostKeyFingerprint: typeof unconfirmed === 'string' ? unconfirmed : null,
    capabilities: report.capabilities,
    holds,
    warnings: report.capabilities ? warningsOf(target, report.capabilities, holds) : [],
  }
}

/** Somebody waits for the answer: what cannot be reached now is told now. */
const ONCE: OpenTargetOptions = { retry: null }

/** Tries a place with a small object, and looks what stands there. */
export async function tryPlace(
  target: ReplicaTarget,
  secrets: StorageSecrets,
  repositoryId: string | null,
): Promise<{ report: TargetReport; holds: ReplicaTest['holds'] }> {
  const report = await testTarget(targetOf(target), secrets, { create: true, ...ONCE })
  return { report, holds: report.isUsable ? await whatIsThere(target, secrets, repositoryId) : 'unknown' }
}

function whatToTest(ctx: ServiceContext, input: TestReplicaInput): { target: ReplicaTarget; secrets: StorageSecrets } {
  const saved = input.replica === undefined ? null : requireReplica(ctx, input.replica)
  const target = input.target ?? saved?.target
  if (!target) throw new AppError('invalid_input', { message: 'It is not said which place to test.', hint: 'Give a target, or a replica.' })
  if (input.secrets) return { target, secrets: input.secrets as StorageSecrets }
  if (target.kind === 'folder') return { target, secrets: { kind: 'none' } }
  const isSame = saved && JSON.stringify(endpointOf(saved.target)) === JSON.stringify(endpointOf(target))
  if (saved && isSame) return { target, secrets: secretsOf(ctx, saved) }
  // A greeting tells a host key without any secret.
  if (target.kind === 'sftp' && target.hostKeyFingerprint === null) return { target, secrets: { kind: 'password', password: '-' } }
  throw new AppError('invalid_input', {
    message: `The keys of ${placeText(target)} are missing.`,
    hint: 'Saved ones are not sent to another server.',
  })
}

const endpointOf = (target: ReplicaTarget) =>
  target.kind === 's3' ? ['s3', target.endpoint] : target.kind === 'sftp' ? ['sftp', target.host, target.port, target.user] : ['folder']

/** Whose repository stands at a place; `unknown` where it cannot be read. Throws where the place cannot be reached. */
export async function whatIsThere(target: ReplicaTarget, secrets: StorageSecrets, id: string | null): Promise<ReplicaTest['holds']> {
  const storage = await openStorageTarget(targetOf(target), secrets, ONCE)
  try {
    const head = (await storage.get('repository.json')).toString('utf8')
    return id !== null && head.includes(`"${id}"`) ? 'this-repository' : 'another'
  } catch (error) {
    return isAppError(error) && error.code === 'object_missing' ? 'nothing' : 'unknown'
  } finally {
    storage.close()
  }
}

function warningsOf(
  target: ReplicaTarget,
  { objectLock, versioning, clockAheadMs, canDelete }: TargetCapabilities,
  holds: ReplicaTest['holds'],
): string[] {
  const warnings: string[] = []
  if (holds === 'another') warnings.push('Another repository lies there. Choose another prefix or folder.')
  if (target.kind === 's3' && target.objectLock !== null && objectLock?.isOn === false)
    warnings.push('The bucket was made without Object Lock: nothing in it can be locked. Make one with it.')
  if (target.kind === 's3' && target.objectLock === null) warnings.push('Without object lock, who has these keys can delete the copies.')
  if (target.kind === 's3' && target.objectLock !== null && versioning === 'off')
    warnings.push('The bucket keeps no versions: an object that is overwritten is lost, lock or not.')
  if (target.kind === 's3' && target.objectLock === null && canDelete === true && versioning === 'off')
    warnings.push('The bucket keeps no versions: what is deleted is gone.')
  if (clockAheadMs !== null && Math.abs(clockAheadMs) > CLOCK_IS_OFF_MS)
    warnings.push(
      `The clocks of this host and of the store differ by ${Math.round(Math.abs(clockAheadMs) / 60_000)} minutes. Set this one by NTP.`,
    )
  return warnings
}
