import { listRetentionFacts, type RetentionRow } from '#db/catalog/queries/retention-facts.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import { readOpenUndos } from '#lib/engine/prune/open-undos.ts'
import type { ArchiveFacts } from '#lib/engine/retention/archive-facts.ts'
import type { ServiceContext } from '../context.ts'

export type KnownArchive = ArchiveFacts & RetentionRow

/** Every archive of a workspace with what a retention plan needs: marks from the catalog, journals and open undos from the home. */
export function archiveFacts(ctx: ServiceContext, workspaceId: WorkspaceId): KnownArchive[] {
  const nowMs = ctx.clock.nowMs()
  const neededBy = needsOf(ctx, nowMs)
  return listRetentionFacts(ctx.catalogDb(), workspaceId, nowMs).map((row) => ({ ...row, neededBy: neededBy(row) }))
}

/** Why restores need an archive: the same look that the delete primitive takes. */
function needsOf(ctx: ServiceContext, nowMs: number): (row: RetentionRow) => string | null {
  const { reasons, unreadable } = readOpenUndos(ctx.paths.journals, nowMs)
  return ({ id, kind }) => {
    const reason = reasons.get(id)
    if (reason === undefined) return kind === 'safety' && unreadable.length > 0 ? `a journal cannot be read: ${unreadable[0]}` : null
    const until = /until (\d{4}-\d\d-\d\d)T/.exec(reason)?.[1]
    return until === undefined ? reason : `undo until ${until}`
  }
}
