import type { ArchiveId, JobId } from '#lib/base/ids.ts'
import type { ServiceContext } from '../context.ts'
import { startJob } from '../jobs/start-job.ts'

/** Starts a migration of a repository into one that is made already, as a job. */
export function startMigrate(
  ctx: ServiceContext,
  input: { from: string; to: string; isSwitch: boolean; areReplicasLeft: boolean; leaveOut: readonly ArchiveId[] },
): Promise<{ jobId: JobId }> {
  return startJob(ctx, {
    right: 'settings',
    kind: 'migrate',
    title: `Migrate the repository to ${input.to}`,
    argv: [
      ...['repository', 'migrate', `--repository=${input.from}`, ...(input.isSwitch ? ['--switch'] : [])],
      ...(input.areReplicasLeft ? ['--leave-replicas'] : []),
      ...input.leaveOut.map((id) => `--leave-out=${id}`),
      ...['--', input.to],
    ],
    workspace: null,
    input,
    object: { kind: 'repository', id: input.from },
  })
}
