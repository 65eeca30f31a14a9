import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { forgetArchives as forget } from '#lib/engine/prune/forget-archives.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { withRepository } from '../repository/open-repository.ts'
import { absorbChanged } from './absorb-changed.ts'

export interface ForgetHow {
  reason: string
  /** Who it is put down to in the mark; the one who asks when left out. The audit log always names that one. */
  actor?: string | undefined
  /** How long to queue for the repository; 0 = fail at once. */
  waitMs?: number | undefined
  signal?: AbortSignal | undefined
  onForgotten?: ((archiveId: ArchiveId) => void) | undefined
  /** Called for each repository once no other writer is at work on it; what it throws ends it before anything is forgotten there. */
  onLocked?: (() => Promise<void>) | undefined
}

/**
 * Moves archives to the trash, from which they come back until a prune takes them. Of each repository all may go or none does: throws `archive_kept`
 * naming those that must stay. Only in job and CLI processes.
 */
export async function forgetArchives(ctx: ServiceContext, ids: readonly ArchiveId[], how: ForgetHow): Promise<void> {
  requireRight(ctx, 'forget')
  const { reason, waitMs, signal, onForgotten, onLocked } = how
  const workspaceOf = new Map<ArchiveId, string>()
  for (const [location, own] of byRepository(ctx, ids, workspaceOf)) {
    await withRepository(ctx, location, (repository) =>
      forget({
        repository,
        ids: own,
        reason,
        actor: how.actor ?? ctx.actor.name,
        clock: ctx.clock,
        journals: ctx.paths.journals,
        ...(waitMs === undefined ? {} : { waitMs }),
        signal,
        onLocked,
        onChanged: async (id) => {
          await absorbChanged(ctx, repository, id)
          if (!workspaceOf.has(id)) return
          record(ctx, 'archive.forget', { kind: 'archive', id, workspaceId: workspaceOf.get(id)! }, { reason })
          onForgotten?.(id)
        },
      }),
    )
  }
}

function byRepository(ctx: ServiceContext, ids: readonly ArchiveId[], workspaceOf: Map<ArchiveId, string>): Map<string, ArchiveId[]> {
  const groups = new Map<string, ArchiveId[]>()
  for (const id of ids) {
    const { repository, workspaceId } = requireArchive(ctx.catalogDb(), id)
    workspaceOf.set(id, workspaceId)
    groups.set(repository.location, [...(groups.get(repository.location) ?? []), id])
  }
  return groups
}
