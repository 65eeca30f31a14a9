import { AppError } from '#lib/base/errors.ts'
import type { Repository } from '#lib/engine/repository/repository.ts'
import type { ServiceContext } from '../context.ts'
import { withRepository } from './open-repository.ts'

/** Runs `work` with an encrypted repository and its master key; throws `invalid_input` for one that is not encrypted. */
export async function withMaster<T>(
  ctx: ServiceContext,
  path: string,
  work: (repository: Repository, master: Buffer) => Promise<T>,
): Promise<T> {
  return await withRepository(ctx, path, async (repository) => {
    if (repository.master !== null) return await work(repository, Buffer.from(repository.master))
    throw new AppError('invalid_input', {
      message: `The repository at ${path} is not encrypted, so there are no keys.`,
      hint: '`orchive repository migrate DIR --encrypt` writes all of it into an encrypted one.',
    })
  })
}
