import type { JobId } from '#lib/base/ids.ts'
import type { ServiceContext } from '../context.ts'
import { startJob } from '../jobs/start-job.ts'

/** Starts healing of the repositories as a job; `from` is the folder of another repository that may have what is lost. */
export function startHeal(ctx: ServiceContext, input: { from?: string | undefined }): Promise<{ jobId: JobId }> {
  return startJob(ctx, {
    right: input.from === undefined ? 'restore' : 'settings',
    kind: 'heal',
    title: 'Heal the repository',
    argv: ['repository', 'heal', ...(input.from === undefined ? [] : [`--from=${input.from}`])],
    workspace: null,
    input,
    object: { kind: 'repository', id: 'all' },
  })
}
