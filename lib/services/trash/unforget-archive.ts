import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { ArchiveDetail } from '#lib/contracts/archive.ts'
import { unforgetArchive as unforget } from '#lib/engine/prune/forget-archives.ts'
import { getArchive } from '../archives/read-archives.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { withRepository } from '../repository/open-repository.ts'
import { absorbChanged } from './absorb-changed.ts'

/** Takes an archive back out of the trash; throws `archive_unknown` when it is not in there any more. Only in job and CLI processes. */
export async function unforgetArchive(
  ctx: ServiceContext,
  input: { archiveId: ArchiveId; reason?: string | undefined; waitMs?: number | undefined; signal?: AbortSignal | undefined },
): Promise<ArchiveDetail> {
  requireRight(ctx, 'forget')
  const { archiveId, waitMs, signal } = input
  const { repository, workspaceId } = requireArchive(ctx.catalogDb(), archiveId)
  const reason = input.reason ?? 'taken back'
  await withRepository(ctx, repository.location, (open) =>
    unforget({
      repository: open,
      id: archiveId,
      reason,
      actor: ctx.actor.name,
      clock: ctx.clock,
      journals: ctx.paths.journals,
      ...(waitMs === undefined ? {} : { waitMs }),
      signal,
      onChanged: async (id) => void (await absorbChanged(ctx, open, id)),
    }),
  )
  record(ctx, 'archive.unforget', { kind: 'archive', id: archiveId, workspaceId }, { reason })
  return getArchive(ctx, archiveId)
}
