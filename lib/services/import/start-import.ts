import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import type { JobId, WorkspaceId } from '#lib/base/ids.ts'
import type { ServiceContext } from '../context.ts'
import { startJob } from '../jobs/start-job.ts'

/** Starts taking in tar files of the host as a job. */
export function startImport(ctx: ServiceContext, input: { workspaceId: WorkspaceId; path: string }): Promise<{ jobId: JobId }> {
  const { id, name } = requireWorkspace(ctx.consoleDb, input.workspaceId)
  return startJob(ctx, {
    right: 'settings',
    kind: 'import',
    title: `Import ${input.path}`,
    argv: ['import', '--', input.path, name],
    workspace: { id, name },
    input,
    object: { kind: 'workspace', id },
  })
}
