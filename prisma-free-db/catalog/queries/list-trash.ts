import type { ArchiveSummary } from '#lib/contracts/archive.ts'
import { decodeCursor, encodeCursor, pageLimit } from '../../cursor.ts'
import { prepared, type ReadableDb } from '../../handle.ts'
import { archiveSummary, SUMMARY_COLUMNS, type SummaryRow } from '../archive-summary.ts'
import { FORGET_MARK, forgetMark } from './forget-mark.ts'

/** A forgotten archive, and the mark that says so. */
export interface TrashRow {
  summary: ArchiveSummary
  forgottenAtMs: number
  forgottenBy: string
  reason: string
  /** A release after the last hold: it lets an offload archive go. */
  isReleased: boolean
}

/** Which forgotten archives; a key left out does not narrow. */
export interface TrashFilter {
  workspaceId?: string | undefined
  /** Ids that begin with this. */
  prefix?: string | undefined
  cursor?: string | null | undefined
  limit?: number | undefined
}

/** The SQL of a page of the trash of one workspace, or of all of them. */
export const LIST_TRASH = {
  ofWorkspace: trashSql('INDEXED BY archives_forgotten_of', 'AND a.workspace = (SELECT workspace FROM workspaces WHERE id = :workspaceId)'),
  ofAll: trashSql('INDEXED BY archives_forgotten', ''),
}

interface Row extends SummaryRow {
  forgottenAtMs: number
  mark: string | null
  released: number
}

/** A page of forgotten archives that no prune has taken yet, the one forgotten last first; holds and grades as of `nowMs`. */
export function listTrash(db: ReadableDb, filter: TrashFilter, nowMs: number): { rows: TrashRow[]; nextCursor: string | null } {
  const limit = pageLimit(filter.limit, 100, 500)
  const after = decodeCursor('trash', filter.cursor, ['number', 'number', 'string'])
  const [forgottenAtMs, createdAtMs, id] = after ?? [Number.MAX_SAFE_INTEGER, 0, '']
  const { workspaceId, prefix = null } = filter
  const rows = prepared<Record<string, unknown>, Row>(db, workspaceId === undefined ? LIST_TRASH.ofAll : LIST_TRASH.ofWorkspace).all({
    ...(workspaceId === undefined ? {} : { workspaceId }),
    prefix,
    forgottenAtMs,
    createdAtMs,
    id,
    limit: limit + 1,
  })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    rows: page.map((row) => trashRow(row, nowMs)),
    nextCursor: rows.length > limit && last ? encodeCursor('trash', [last.forgottenAtMs, last.createdAtMs, last.id]) : null,
  }
}

function trashRow(row: Row, nowMs: number): TrashRow {
  const { actor, reason } = forgetMark(row.mark)
  const { forgottenAtMs, released } = row
  return { summary: archiveSummary(row, nowMs), forgottenAtMs, forgottenBy: actor, reason, isReleased: released === 1 }
}

function trashSql(index: string, scope: string): string {
  return `SELECT ${SUMMARY_COLUMNS}, a.forgotten_at_ms AS forgottenAtMs, a.released,
    ${FORGET_MARK} AS mark
  FROM archives a ${index} JOIN workspaces w ON w.workspace = a.workspace
  WHERE a.committed = 1 AND a.forgotten_at_ms IS NOT NULL ${scope}
    AND (:prefix IS NULL OR substr(a.id, 1, length(:prefix)) = :prefix)
    AND (a.forgotten_at_ms, a.created_at_ms, a.id) < (:forgottenAtMs, :createdAtMs, :id)
  ORDER BY a.forgotten_at_ms DESC, a.created_at_ms DESC, a.id DESC LIMIT :limit`
}
