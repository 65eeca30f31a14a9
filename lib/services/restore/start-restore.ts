import { AppError } from '#lib/base/errors.ts'
import type { JobId } from '#lib/base/ids.ts'
import type { RestoreRequest } from '#lib/contracts/archive.ts'
import { momentOf, workspaceOfArchive } from '../archives/name-archive.ts'
import type { ServiceContext } from '../context.ts'
import { startJob } from '../jobs/start-job.ts'
import { endOpen } from './approvals.ts'
import { assertMayReplaceAlone } from './second-person.ts'

/**
 * Starts a restore of exactly the plan with this digest; in place only when the workspace's name was typed, and where it asks for a second person only
 * with the reason for doing without.
 */
export async function startRestore(
  ctx: ServiceContext,
  input: { request: RestoreRequest; digest: string; confirmName?: string | undefined; breakGlass?: string | undefined },
): Promise<{ jobId: JobId }> {
  const { request, digest } = input
  const workspace = workspaceOfArchive(ctx, request.archiveId)
  if (request.target === null) {
    if (workspace === null || input.confirmName !== workspace.name) {
      throw new AppError('invalid_input', {
        message: `Type ${workspace?.name ?? 'the name of the workspace'} to replace its items.`,
        hint: 'Nothing was changed.',
      })
    }
    const detail = { archiveId: request.archiveId, paths: request.paths, digest }
    assertMayReplaceAlone(ctx, { workspace, what: 'restore', detail }, input.breakGlass)
    endOpen(ctx, workspace.id, 'The workspace was restored meanwhile.')
  }
  return startReviewedRestore(ctx, { request, digest })
}

/** Starts a restore that whoever had to agree agreed to. */
export async function startReviewedRestore(
  ctx: ServiceContext,
  reviewed: { request: RestoreRequest; digest: string; id?: string },
): Promise<{ jobId: JobId }> {
  const { request, digest, id } = reviewed
  const workspace = workspaceOfArchive(ctx, request.archiveId)
  return startJob(ctx, {
    right: 'restore',
    kind: 'restore',
    title:
      request.target === null
        ? `Restore ${workspace?.name ?? ''} in place${id === undefined ? '' : ` (${id})`}`
        : `Restore ${momentOf(ctx, request.archiveId)} to ${request.target}`,
    argv: restoreArguments(request, ['--digest', digest, '--yes']),
    workspace,
    input: { request, digest },
    object: { kind: 'archive', id: request.archiveId },
  })
}

/** The arguments of `orchive restore` that mean this request. */
export function restoreArguments(request: RestoreRequest, more: readonly string[] = []): string[] {
  return [
    'restore',
    ...(request.target === null ? ['--in-place'] : [`--target=${request.target}`]),
    ...(request.conflict ? ['--conflict', request.conflict] : []),
    ...(request.exact ? ['--exact'] : []),
    ...more,
    '--',
    request.archiveId,
    ...request.paths,
  ]
}
