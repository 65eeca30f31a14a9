import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import type { JobId, WorkspaceId } from '#lib/base/ids.ts'
import type { OffloadPolicy } from '#lib/contracts/disk.ts'
import type { ServiceContext } from '../context.ts'
import { startJob } from '../jobs/start-job.ts'

/** Starts an offload of exactly the plan with this digest. */
export function startOffload(
  ctx: ServiceContext,
  input: { workspaceId: WorkspaceId; policy: OffloadPolicy; digest: string },
): Promise<{ jobId: JobId }> {
  const { id, name } = requireWorkspace(ctx.consoleDb, input.workspaceId)
  return startJob(ctx, {
    right: 'offload',
    kind: 'offload',
    title: `Offload old files of ${name}`,
    argv: offloadArguments(name, input.policy, ['--digest', input.digest, '--yes']),
    workspace: { id, name },
    input,
    object: { kind: 'workspace', id },
  })
}

/** The arguments of `orchive recover disk` that mean this policy. */
export function offloadArguments(workspace: string, policy: OffloadPolicy, more: readonly string[]): string[] {
  const { olderThanDays, keepPacks, keepPackDays, inArchives } = policy
  return [
    'recover',
    'disk',
    `--older-than=${olderThanDays}`,
    ...(keepPacks === null ? [] : [`--keep-packs=${keepPacks}`]),
    ...(keepPackDays === null ? [] : [`--keep-pack-days=${keepPackDays}`]),
    ...(inArchives === 0 ? [] : [`--in-archives=${inArchives}`]),
    ...more,
    '--',
    workspace,
  ]
}
