import type { JobId } from '#lib/base/ids.ts'
import { TRASH_DAYS } from '#lib/contracts/trash-days.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { startJob } from '../jobs/start-job.ts'

/**
 * Starts a prune of a repository as a job; `graceDays` left out = the usual days. Fewer take the right to change settings: what the days of grace are for,
 * that nothing is lost by what one person forgets, must not end with the same person.
 */
export async function startPrune(
  ctx: ServiceContext,
  input: { graceDays?: number | undefined; repositoryPath?: string | undefined },
): Promise<{ jobId: JobId }> {
  if (input.graceDays !== undefined && input.graceDays < TRASH_DAYS) requireRight(ctx, 'settings')
  const grace = input.graceDays === undefined ? [] : ['--grace', String(input.graceDays)]
  return startJob(ctx, {
    right: 'prune',
    kind: 'prune',
    title: 'Prune the repository',
    argv: ['prune', ...grace, ...(input.repositoryPath === undefined ? [] : [`--repository=${input.repositoryPath}`])],
    workspace: null,
    input,
    object: { kind: 'repository', id: input.repositoryPath ?? 'all' },
  })
}
