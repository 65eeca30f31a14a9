import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId, JobId, WorkspaceId } from '#lib/base/ids.ts'
import type { SalvageMode } from '#lib/contracts/recover.ts'
import type { ServiceContext } from '../context.ts'
import { startJob } from '../jobs/start-job.ts'
import { assertMayReplaceAlone } from '../restore/second-person.ts'

/** Starts the runbook for a corrupt state file; only when the workspace's name was typed, since it replaces what is live. */
export async function startRecoverState(
  ctx: ServiceContext,
  input: {
    workspaceId: WorkspaceId
    archiveId: ArchiveId | null
    salvage: SalvageMode
    confirmName: string
    breakGlass?: string | undefined
  },
): Promise<{ jobId: JobId }> {
  const { id, name } = requireWorkspace(ctx.consoleDb, input.workspaceId)
  if (input.confirmName !== name) {
    throw new AppError('invalid_input', { message: `Type ${name} to replace its state.`, hint: 'Nothing was changed.' })
  }
  const detail = { archiveId: input.archiveId, salvage: input.salvage }
  assertMayReplaceAlone(ctx, { workspace: { id, name }, what: 'recover', detail }, input.breakGlass)
  const from = input.archiveId === null ? [] : [`--archive=${input.archiveId}`]
  return startJob(ctx, {
    right: 'restore',
    kind: 'recover',
    title: `Recover the state of ${name}`,
    argv: ['recover', 'state', ...from, `--salvage=${input.salvage}`, '--yes', '--', name],
    workspace: { id, name },
    input,
    object: { kind: 'workspace', id },
  })
}
