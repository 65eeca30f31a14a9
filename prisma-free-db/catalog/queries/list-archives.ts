import type { ArchiveKind, ArchiveSummary } from '#lib/contracts/archive.ts'
import { decodeCursor, encodeCursor, pageLimit } from '../../cursor.ts'
import { prepared, type ReadableDb } from '../../handle.ts'
import { archiveSummary, IS_VISIBLE, SUMMARY_COLUMNS, type SummaryRow } from '../archive-summary.ts'

/** Which archives; a key left out does not narrow. */
export interface ArchiveFilter {
  workspaceId?: string
  kinds?: readonly ArchiveKind[]
  /** Proven at this level or better right now. */
  minGrade?: number
  held?: boolean
  suspect?: boolean
  /** Taken at or after. */
  fromMs?: number
  /** Taken before. */
  toMs?: number
  cursor?: string | null
  limit?: number
}

/** The SQL of a page of archives of one workspace, or of all of them. */
export const LIST_ARCHIVES = {
  ofWorkspace: listSql('INDEXED BY archives_by_workspace', 'a.workspace = (SELECT workspace FROM workspaces WHERE id = :workspaceId) AND'),
  ofAll: listSql('INDEXED BY archives_by_time', ''),
}

/** A page of archives, newest first over all series; grades and holds as of `nowMs`. */
export function listArchives(db: ReadableDb, filter: ArchiveFilter, nowMs: number): { rows: ArchiveSummary[]; nextCursor: string | null } {
  const limit = pageLimit(filter.limit, 50, 1000)
  const after = decodeCursor('archives', filter.cursor, ['number', 'string'])
  const [beforeMs, beforeId] = after ?? [filter.toMs ?? Number.MAX_SAFE_INTEGER, '']
  const rows = prepared<Record<string, unknown>, SummaryRow>(
    db,
    filter.workspaceId === undefined ? LIST_ARCHIVES.ofAll : LIST_ARCHIVES.ofWorkspace,
  ).all({
    ...(filter.workspaceId === undefined ? {} : { workspaceId: filter.workspaceId }),
    beforeMs,
    beforeId,
    fromMs: filter.fromMs ?? Number.MIN_SAFE_INTEGER,
    kinds: filter.kinds === undefined ? null : JSON.stringify(filter.kinds),
    minGrade: filter.minGrade ?? 0,
    held: filter.held === undefined ? null : Number(filter.held),
    suspect: filter.suspect === undefined ? null : Number(filter.suspect),
    nowMs,
    limit: limit + 1,
  })
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    rows: page.map((row) => archiveSummary(row, nowMs)),
    nextCursor: rows.length > limit && last ? encodeCursor('archives', [last.createdAtMs, last.id]) : null,
  }
}

function listSql(index: string, scope: string): string {
  return `SELECT ${SUMMARY_COLUMNS}
     FROM archives a ${index} JOIN workspaces w ON w.workspace = a.workspace
     WHERE ${scope} ${IS_VISIBLE}
       AND (a.created_at_ms, a.id) < (:beforeMs, :beforeId)
       AND a.created_at_ms >= :fromMs
       AND (:kinds IS NULL OR a.kind IN (SELECT value FROM json_each(:kinds)))
       AND (:held IS NULL OR :held = (COALESCE(a.hold_until_ms, 0) > :nowMs))
       AND (:suspect IS NULL OR a.suspect = :suspect)
       AND CASE :minGrade
             WHEN 1 THEN a.proof_1_until_ms > :nowMs WHEN 2 THEN a.proof_2_until_ms > :nowMs WHEN 3 THEN a.proof_3_until_ms > :nowMs
             WHEN 4 THEN a.proof_4_until_ms > :nowMs WHEN 5 THEN a.proof_5_until_ms > :nowMs ELSE 1
           END
     ORDER BY a.created_at_ms DESC, a.id DESC LIMIT :limit`
}
