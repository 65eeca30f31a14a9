import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId, JobId, WorkspaceId } from '#lib/base/ids.ts'
import type { HostRequest, HostSource } from '#lib/contracts/host.ts'
import { asArguments, hostOptions } from '#lib/contracts/host-options.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { startJob } from '../jobs/start-job.ts'
import { sealOwnRepository } from '../repository/own-repository.ts'

/** Starts the runbook for a lost host as a job, and gives the recovery key of the repository that had to be made for it: what was planned, whose workspace and archive this home knows by now. */
export async function startRecoverHost(
  ctx: ServiceContext,
  input: { request: HostRequest; workspaceId: WorkspaceId; archiveId: ArchiveId; confirmName: string },
): Promise<{ jobId: JobId; recoveryKey: string | null }> {
  requireRight(ctx, 'restore')
  requireRight(ctx, 'settings')
  const { id, name } = requireWorkspace(ctx.consoleDb, input.workspaceId)
  if (input.confirmName !== name) {
    throw new AppError('invalid_input', { message: `Type ${name} to bring it back.`, hint: 'Nothing was written.' })
  }
  const request: HostRequest = { ...input.request, source: { kind: 'known' }, workspace: id, archive: input.archiveId }
  const recoveryKey = await sealOwnRepository(ctx, requireArchive(ctx.catalogDb(), input.archiveId).repository.location, null)
  const { jobId } = await startJob(ctx, {
    right: 'settings',
    kind: 'recover',
    title: `Bring ${name} back to ${request.root}`,
    argv: hostArguments(request, ['--yes']),
    workspace: { id, name },
    input,
    object: { kind: 'workspace', id },
  })
  return { jobId, recoveryKey }
}

/** The verb that a request for a lost host is. */
export function hostArguments(request: HostRequest, more: string[]): string[] {
  return ['recover', 'host', ...sourceArguments(request.source), ...asArguments(hostOptions(request)), ...more]
}

/** The options that name where it comes from; none where this home knows it. */
export const sourceArguments = (source: HostSource): string[] =>
  source.kind === 'repository' ? [`--repository=${source.path}`] : source.kind === 'tar' ? [`--from-tar=${source.path}`] : []
