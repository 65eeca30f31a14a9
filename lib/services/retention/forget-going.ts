import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import { absorbMarks } from '../catalog/absorb-archive.ts'
import type { ServiceContext } from '../context.ts'
import { withRepository } from '../repository/open-repository.ts'

export interface ForgetHow {
  reason: string
  waitMs: number
  signal: AbortSignal
  onForgotten: (archiveId: ArchiveId) => void
}

/** Forgets archives one after the other. */
export async function forgetGoing(
  ctx: ServiceContext,
  ids: readonly ArchiveId[],
  { reason, signal, onForgotten }: ForgetHow,
): Promise<void> {
  for (const id of ids) {
    signal.throwIfAborted()
    const { repository } = requireArchive(ctx.catalogDb(), id)
    await withRepository(repository.location, async (open) => {
      await open.addMark(id, { kind: 'forget', reason, at: new Date(ctx.clock.nowMs()).toISOString(), actor: ctx.actor.name })
      await ctx.withCatalog((catalogDb) => absorbMarks({ repository: open, catalogDb }, id))
    })
    onForgotten(id)
  }
}
