import type { JobEvent } from '#lib/contracts/job.ts'
import type { ReplicaTarget } from '#lib/contracts/replica.ts'
import type { SlotSecret } from '#lib/engine/repository/key-slots.ts'
import type { StorageSecrets } from '#lib/engine/storage/storage-target.ts'
import { commandLine } from '#lib/jobs/command-line.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { attachRepository } from '../repository/attach-repository.ts'
import { attachKeptPlace, attachPlace, isAttached } from '../repository/attached-places.ts'
import { knownRepositories } from '../repository/known-repositories.ts'
import { unlockRepository } from '../repository/unlock-repository.ts'

/** Where a lost host comes back from. */
export interface HostSourceInput {
  /** Folder of the repository to take over; null = one that this home knows already. */
  repositoryPath: string | null
  /** A copy somewhere else to bring it back from instead, read from there as far as it is needed; null = a repository of this host. */
  place?: { target: ReplicaTarget; secrets: StorageSecrets } | null | undefined
  /** Opens the repository where it is encrypted and this host has no key of it yet; null = nobody gave anything. */
  secret?: SlotSecret | null | undefined
  signal: AbortSignal
  onEvent?: ((event: JobEvent) => void) | undefined
}

/** The same with the folder that stands for its place; that of a place which somebody looked at may be given as a repository. */
export async function withPlace<T extends HostSourceInput>(ctx: ServiceContext, input: T): Promise<T> {
  const isKept = input.repositoryPath !== null && isAttached(input.repositoryPath)
  if (!input.place && !input.secret && !isKept) return input
  requireRight(ctx, 'settings')
  const repositoryPath = input.place ? await attachPlace(ctx, input.place.target, input.place.secrets) : input.repositoryPath
  if (isKept) await attachKeptPlace(input.repositoryPath!, input.signal)
  if (input.secret && repositoryPath !== null) await unlockRepository(ctx, repositoryPath, input.secret)
  return { ...input, repositoryPath }
}

/** Takes the archives of the source in, as a job of its own: that lasts, whatever becomes of the plan. Gives the input as `withPlace` does. */
export async function takeSourceIn<T extends HostSourceInput>(ctx: ServiceContext, given: T): Promise<T> {
  const input = await withPlace(ctx, given)
  const { repositoryPath, signal, onEvent } = input
  if (repositoryPath !== null && (input.place || !knownRepositories(ctx).includes(repositoryPath)))
    await attachRepository(ctx, repositoryPath, {
      ...{ jobId: null, command: commandLine(['repository', 'attach', repositoryPath]), signal, onEvent },
    })
  return input
}
