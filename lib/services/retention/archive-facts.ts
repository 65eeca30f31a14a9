import { listRetentionFacts, type RetentionRow } from '#db/catalog/queries/retention-facts.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import { listUndos } from '#lib/engine/restore/undo-records.ts'
import type { ArchiveFacts } from '#lib/engine/retention/archive-facts.ts'
import type { ServiceContext } from '../context.ts'

export type KnownArchive = ArchiveFacts & RetentionRow

/** Every archive of a workspace with what a retention plan needs: marks from the catalog, open undos from the home. */
export function archiveFacts(ctx: ServiceContext, workspaceId: WorkspaceId): KnownArchive[] {
  const nowMs = ctx.clock.nowMs()
  const undoUntilOf = openUndos(ctx, workspaceId, nowMs)
  return listRetentionFacts(ctx.catalogDb(), workspaceId, nowMs).map((row) => ({ ...row, undoUntil: undoUntilOf(row) }))
}

/**
 * Until when the restore that a safety archive was taken for can be undone. A restore may take two, of which its journal names one: any that was
 * taken while it ran counts.
 */
function openUndos(ctx: ServiceContext, workspaceId: WorkspaceId, nowMs: number): (row: RetentionRow) => string | null {
  const open = listUndos(ctx.paths.journals, workspaceId).filter(({ until }) => Date.parse(until) > nowMs)
  return ({ id, kind, createdAtMs }) => {
    if (kind !== 'safety') return null
    const own = open.find(({ journal: { safetyArchiveId, startedAt, at } }) => {
      return safetyArchiveId === id || (createdAtMs >= Date.parse(startedAt) && createdAtMs <= Date.parse(at))
    })
    return own?.until ?? null
  }
}
