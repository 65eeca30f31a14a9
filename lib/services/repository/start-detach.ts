import type { JobId } from '#lib/base/ids.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { startJob } from '../jobs/start-job.ts'
import { requireAttachedPlace } from './detach-place.ts'

/** Starts detaching a place that this home reads as a job. */
export async function startDetach(ctx: ServiceContext, input: { place: string }): Promise<{ jobId: JobId }> {
  requireRight(ctx, 'settings')
  const { place } = requireAttachedPlace(ctx, input.place)
  return startJob(ctx, {
    right: 'settings',
    kind: 'rebuild',
    title: `Detach ${place}`,
    argv: ['repository', 'detach', input.place],
    workspace: null,
    input,
    object: { kind: 'repository', id: input.place },
  })
}
