import type { ArchivedItem } from '#lib/contracts/archive.ts'
import { prepared, type ReadableDb } from '../../handle.ts'
import { IS_VISIBLE } from '../archive-summary.ts'

/** What an archive says about the size of each item, and what it added to the repository. */
export interface ItemGrowthPoint {
  createdAtMs: number
  kind: string
  storedBytes: number
  items: Pick<ArchivedItem, 'key' | 'contentBytes'>[]
}

/** The SQL of the sizes of items over time. */
export const ITEM_GROWTH = `SELECT a.created_at_ms AS createdAtMs, a.kind, a.stored_bytes AS storedBytes, a.items
  FROM archives a INDEXED BY archives_by_workspace
  WHERE a.workspace = (SELECT workspace FROM workspaces WHERE id = :workspaceId) AND a.created_at_ms BETWEEN :fromMs AND :toMs AND ${IS_VISIBLE}
  ORDER BY a.created_at_ms, a.id LIMIT 10000`

/** The archives of a workspace in a span of time, oldest first, at most 10,000. */
export function listItemGrowth(db: ReadableDb, workspaceId: string, span: { fromMs: number; toMs: number }): ItemGrowthPoint[] {
  return prepared<Record<string, unknown>, Omit<ItemGrowthPoint, 'items'> & { items: string }>(db, ITEM_GROWTH)
    .all({ workspaceId, ...span })
    .map((row) => ({ ...row, items: JSON.parse(row.items) as ItemGrowthPoint['items'] }))
}
