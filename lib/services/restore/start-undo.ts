import { AppError } from '#lib/base/errors.ts'
import type { JobId } from '#lib/base/ids.ts'
import type { ServiceContext } from '../context.ts'
import { startJob } from '../jobs/start-job.ts'
import { assertMayReplaceAlone } from './second-person.ts'
import { requireOpenUndo } from './undo-restore.ts'

/** Starts the undo of a restore in place; one over what changed since only when the workspace's name was typed. */
export async function startUndo(
  ctx: ServiceContext,
  input: { jobId: JobId; force?: boolean | undefined; confirmName?: string | undefined; breakGlass?: string | undefined },
): Promise<{ jobId: JobId }> {
  const { workspaceId, workspace } = requireOpenUndo(ctx, input.jobId)
  if (input.force && input.confirmName !== workspace) {
    throw new AppError('invalid_input', {
      message: `Type ${workspace} to undo the restore over what changed since.`,
      hint: 'Nothing was changed.',
    })
  }
  if (input.force) {
    const replacing = { workspace: { id: workspaceId, name: workspace }, what: 'undo', detail: { jobId: input.jobId } }
    assertMayReplaceAlone(ctx, replacing, input.breakGlass)
  }
  return startJob(ctx, {
    right: 'restore',
    kind: 'undo',
    title: `Undo ${input.jobId} in ${workspace}`,
    argv: ['undo', ...(input.force ? ['--force'] : []), '--', input.jobId],
    workspace: { id: workspaceId, name: workspace },
    input,
    object: { kind: 'job', id: input.jobId },
  })
}
