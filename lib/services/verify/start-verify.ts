import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import type { ArchiveId, JobId, WorkspaceId } from '#lib/base/ids.ts'
import type { VerifyLevel } from '#lib/contracts/archive.ts'
import { momentOf, workspaceOfArchive } from '../archives/name-archive.ts'
import type { ServiceContext } from '../context.ts'
import { startJob } from '../jobs/start-job.ts'

/** Starts a verify of one archive as a job; at the level `drill` it is a drill. */
export function startVerify(ctx: ServiceContext, input: { archiveId: ArchiveId; level: VerifyLevel }): Promise<{ jobId: JobId }> {
  const workspace = workspaceOfArchive(ctx, input.archiveId)
  const isDrill = input.level === 'drill'
  return startJob(ctx, {
    right: 'verify',
    kind: isDrill ? 'drill' : 'verify',
    title: `${isDrill ? 'Drill' : 'Verify'} ${momentOf(ctx, input.archiveId)}`,
    argv: ['verify', input.archiveId, '--level', input.level],
    workspace,
    input,
    object: { kind: 'archive', id: input.archiveId },
  })
}

/** Starts a verify of the archives of a workspace whose proof is oldest, as long as the time lasts. */
export function startVerifyDue(
  ctx: ServiceContext,
  input: { workspaceId: WorkspaceId; level: VerifyLevel; budgetMinutes: number },
): Promise<{ jobId: JobId }> {
  const { id, name } = requireWorkspace(ctx.consoleDb, input.workspaceId)
  return startJob(ctx, {
    right: 'verify',
    kind: 'verify',
    title: `Verify what is due of ${name}`,
    argv: ['verify', '--due', '--level', input.level, '--budget', String(input.budgetMinutes), `--workspace=${name}`],
    workspace: { id, name },
    input,
    object: { kind: 'workspace', id },
  })
}
