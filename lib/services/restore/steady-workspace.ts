import { AppError } from '#lib/base/errors.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import { readJournal, readLastJournal } from '#lib/engine/restore/journal.ts'
import type { ServiceContext } from '../context.ts'
import { recoveryPlaceOf } from './recovery-place.ts'
import { settleWithin } from './settle-workspace.ts'

/**
 * Sees to it that no restore is half done before a workspace is read: settles an interrupted one, waits for one under way. Gives back a check that
 * throws when a restore or undo replaced something since, for what must not hold a mixture of old and new. Throws `workspace_locked`, `restore_unsettled`.
 */
export async function steadyWorkspace(
  ctx: ServiceContext,
  input: { workspace: { id: WorkspaceId; name: string }; waitMs: number; signal: AbortSignal; onNote: (text: string) => void },
): Promise<() => void> {
  const { workspace, onNote } = input
  const place = recoveryPlaceOf(ctx, workspace)
  const settled = await settleWithin(ctx, input)
  if (settled !== null) onNote(`The interrupted ${settled.kind} ${settled.jobId} was settled: ${settled.outcome}.`)
  const endOf = () => readLastJournal(place)?.at ?? null
  const before = endOf()
  return () => {
    const open = readJournal(place)
    const isSwapping = open !== null && open.phase !== 'staged' && open.phase !== 'stopped'
    if (!isSwapping && endOf() === before) return
    throw new AppError('workspace_locked', {
      message: `Items of ${workspace.name} were replaced by a restore while they were read; nothing was listed.`,
      hint: 'Run it again.',
      retryable: true,
    })
  }
}
