/** Keys of repositories for people of the console: only of repositories that this home knows, and only who signed in a moment ago. */
import type { z } from 'zod'
import { AppError } from '#lib/base/errors.ts'
import type {
  AddedKey,
  AddRepositoryKeyInput,
  ChangePassphraseInput,
  InitRepositoryInput,
  RenameRepositoryKeyInput,
  Repositories,
  RepositorySlotInput,
  StartMigrationInput,
  UnlockRepositoryInput,
} from '#lib/contracts/repository-keys.ts'
import { requireFreshSignIn, requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import * as add from '../repository/add-key.ts'
import * as change from '../repository/change-passphrase.ts'
import { initRepositoryAt, type MadeRepository } from '../repository/init-repository.ts'
import { defaultRepository, isRepository, requireKnownRepository } from '../repository/known-repositories.ts'
import { listRepositories } from '../repository/list-repositories.ts'
import { prepareTarget } from '../repository/migration-target.ts'
import { withRepository } from '../repository/open-repository.ts'
import * as rename from '../repository/rename-key.ts'
import * as revoke from '../repository/revoke-key.ts'
import { startMigrate } from '../repository/start-migrate.ts'
import { slotSecretOf } from '../repository/typed-secret.ts'
import * as unlock from '../repository/unlock-repository.ts'

/** Right and sign-in first, so that nothing is looked up for who may not. */
function guarded<I, T>(verb: (ctx: ServiceContext, input: I) => Promise<T>) {
  return async (ctx: ServiceContext, input: I): Promise<T> => {
    requireRight(ctx, 'settings')
    requireFreshSignIn(ctx)
    return await verb(ctx, input)
  }
}

/** Makes the repository that archives go to; only while there is none there. */
export const initRepository = guarded(async (ctx, input: z.output<typeof InitRepositoryInput>): Promise<MadeRepository> => {
  const path = input.path ?? defaultRepository(ctx)
  return await initRepositoryAt(ctx, path, input.isEncrypted ? { passphrase: input.passphrase ?? null } : null)
})

/** Adds a passphrase, or a recovery key that is shown once. */
export const addRepositoryKey = guarded(
  async (ctx, { repositoryPath, label, passphrase }: z.output<typeof AddRepositoryKeyInput>): Promise<AddedKey> =>
    await add.addKey(ctx, requireKnownRepository(ctx, repositoryPath), { label, passphrase: passphrase ?? null }),
)

/** Takes a key slot away; gives what is left. */
export const revokeRepositoryKey = guarded(
  async (ctx, { repositoryPath, slot }: z.output<typeof RepositorySlotInput>): Promise<Repositories> => {
    await revoke.revokeKey(ctx, requireKnownRepository(ctx, repositoryPath), slot)
    return await listRepositories(ctx)
  },
)

/** Calls a key slot something else. */
export const renameRepositoryKey = guarded(
  async (ctx, { repositoryPath, slot, label }: z.output<typeof RenameRepositoryKeyInput>): Promise<Repositories> => {
    await rename.renameKey(ctx, requireKnownRepository(ctx, repositoryPath), slot, label)
    return await listRepositories(ctx)
  },
)

/** Puts another passphrase in the place of one. */
export const changeRepositoryPassphrase = guarded(
  async (ctx, { repositoryPath, old, passphrase }: z.output<typeof ChangePassphraseInput>): Promise<Repositories> => {
    await change.changePassphrase(ctx, requireKnownRepository(ctx, repositoryPath), { old, passphrase })
    return await listRepositories(ctx)
  },
)

/** Gives this host a key of its own to a repository that it cannot open. */
export const unlockRepository = guarded(
  async (ctx, { repositoryPath, passphrase, key }: z.output<typeof UnlockRepositoryInput>): Promise<Repositories> => {
    const secret = slotSecretOf({ passphrase, key })
    if (secret === null) throw new AppError('invalid_input', { message: 'Give a passphrase, or a recovery key.', hint: 'Either will do.' })
    await unlock.unlockRepository(ctx, requireKnownRepository(ctx, repositoryPath), secret)
    return await listRepositories(ctx)
  },
)

/** Makes the new repository, if an earlier run did not, and starts the migration into it as a job. No secret goes to the job. */
export const startMigration = guarded(
  async (ctx, input: z.output<typeof StartMigrationInput>): Promise<{ jobId: `job_${string}`; recoveryKey: string | null }> => {
    const { isSwitch, areReplicasLeft, leaveOut } = input
    const from = requireKnownRepository(ctx, input.repositoryPath)
    const { recoveryKey } = await withRepository(ctx, from, async (source) => {
      if (!input.isEncrypted && source.master === null && !isRepository(input.to)) {
        throw new AppError('invalid_input', {
          message: 'The repository is not encrypted, and the new one would not be either.',
          hint: 'To only move a repository, copy its folder and attach that.',
        })
      }
      return await prepareTarget(ctx, source, input.to, input.isEncrypted ? { passphrase: input.passphrase ?? null } : null)
    })
    const { jobId } = await startMigrate(ctx, { from, to: input.to, isSwitch, areReplicasLeft, leaveOut })
    return { jobId, recoveryKey }
  },
)
