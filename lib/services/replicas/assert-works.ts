import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ReplicaTarget } from '#lib/contracts/replica.ts'
import type { StorageSecrets } from '#lib/engine/storage/storage-target.ts'
import { repositoryIdAt } from '../repository/repository-id.ts'
import { placeText } from './open-place.ts'
import { tryPlace } from './test-place.ts'

/** Tries a place with a small object. Throws what that failed with, or `replica_refused` where another repository lies; `outcome` is what the message begins with. */
export async function assertWorks(
  { repositoryPath }: WorkspaceRecord,
  target: ReplicaTarget,
  secrets: StorageSecrets,
  outcome: string,
): Promise<void> {
  const { report, holds } = await tryPlace(target, secrets, repositoryIdAt(repositoryPath))
  const failed = report.steps.find(({ error }) => error !== null)?.error
  if (!report.isUsable && failed) {
    const { code, hint, context, retryable } = failed
    throw new AppError(code, { message: `${outcome}: ${failed.message}`, hint, context, retryable, cause: failed })
  }
  if (holds === 'another') {
    throw new AppError('replica_refused', {
      message: `${outcome}: another repository lies at ${placeText(target)}.`,
      hint: 'Choose another prefix or folder.',
    })
  }
}
