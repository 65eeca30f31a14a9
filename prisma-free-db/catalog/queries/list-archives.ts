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

/** What a list is narrowed to by the index that it is read from: such a filter steps over nothing. */
type Narrowing = 'none' | 'suspect' | 'held' | 'proven' | 'kind'

const IN_WORKSPACE: Record<Narrowing, [index: string, condition: string]> = {
  none: ['archives_by_workspace', ''],
  suspect: ['archives_suspect', 'AND a.suspect = 1'],
  held: ['archives_held', 'AND a.hold_until_ms IS NOT NULL AND a.hold_until_ms > :nowMs'],
  proven: ['archives_proven', 'AND a.proof_1_until_ms IS NOT NULL'],
  kind: ['archives_by_kind', 'AND a.kind = :kind'],
}

/** The SQL of a page of archives of one workspace, by what the filter is narrowed to, and of all workspaces. */
export const LIST_ARCHIVES = {
  ofWorkspace: (narrowing: Narrowing) => {
    const [index, condition] = IN_WORKSPACE[narrowing]
    return listSql(`INDEXED BY ${index}`, `a.workspace = (SELECT workspace FROM workspaces WHERE id = :workspaceId) ${condition} AND`)
  },
  ofAll: listSql('INDEXED BY archives_by_time', ''),
}

/** A page of archives, newest first over all series; grades and holds as of `nowMs`. */
export function listArchives(db: ReadableDb, filter: ArchiveFilter, nowMs: number): { rows: ArchiveSummary[]; nextCursor: string | null } {
  const limit = pageLimit(filter.limit, 50, 1000)
  const after = decodeCursor('archives', filter.cursor, ['number', 'string'])
  const [beforeMs, beforeId] = after ?? [filter.toMs ?? Number.MAX_SAFE_INTEGER, '']
  const narrowing = filter.workspaceId === undefined ? null : narrowingOf(filter)
  const rows = prepared<Record<string, unknown>, SummaryRow>(
    db,
    narrowing === null ? LIST_ARCHIVES.ofAll : LIST_ARCHIVES.ofWorkspace(narrowing),
  ).all({
    ...(narrowing === null ? {} : { workspaceId: filter.workspaceId }),
    ...(narrowing === 'kind' ? { kind: filter.kinds![0] } : {}),
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

/** The rarest first. */
function narrowingOf({ suspect, held, minGrade = 0, kinds }: ArchiveFilter): Narrowing {
  if (suspect) return 'suspect'
  if (held) return 'held'
  if (minGrade > 0) return 'proven'
  return kinds?.length === 1 ? 'kind' : 'none'
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
