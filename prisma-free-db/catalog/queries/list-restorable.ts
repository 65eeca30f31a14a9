import type { ArchiveId } from '#lib/base/ids.ts'
import { inSnapshot, prepared, type ReadableDb } from '../../handle.ts'
import { IS_VISIBLE } from '../archive-summary.ts'
import type { DaySpan } from './calendar.ts'
import { WHOLE_KINDS } from './resolve-archive.ts'

/** When an archive was taken, and what keeps the state of that day from being restored of it. */
export interface RestorableArchive {
  archiveId: ArchiveId
  createdAtMs: number
  suspect: boolean
  /** Labels of critical items that it does not hold. */
  lacks: string[]
}

const FROM_DAY = `FROM archives a INDEXED BY archives_by_workspace
  WHERE a.workspace = (SELECT workspace FROM workspaces WHERE id = :workspaceId) AND a.created_at_ms >= :fromMs AND a.created_at_ms < :toMs
    AND ${IS_VISIBLE} AND a.kind IN ${WHOLE_KINDS}`

/** The SQL of an archive of a day that lacks nothing, and of all of the day; oldest first. */
export const LIST_RESTORABLE = {
  whole: `SELECT a.id AS archiveId, a.created_at_ms AS createdAtMs, a.suspect, a.lacks ${FROM_DAY} AND a.suspect = 0 AND a.lacks IS NULL
    ORDER BY a.created_at_ms, a.id LIMIT 1`,
  all: `SELECT a.id AS archiveId, a.created_at_ms AS createdAtMs, a.suspect, a.lacks ${FROM_DAY} ORDER BY a.created_at_ms, a.id`,
}

interface Row {
  archiveId: ArchiveId
  createdAtMs: number
  suspect: number
  lacks: string | null
}

/** Of each of some days one whole archive that the day can be restored of, or else all that were taken; in the order of the days. */
export function listRestorable(db: ReadableDb, workspaceId: string, days: readonly DaySpan[]): RestorableArchive[] {
  const [whole, all] = [LIST_RESTORABLE.whole, LIST_RESTORABLE.all].map((sql) => prepared<Record<string, unknown>, Row>(db, sql))
  return inSnapshot(db, () =>
    days.flatMap(({ fromMs, toMs }) => {
      const day = { workspaceId, fromMs, toMs }
      const found = whole!.get(day)
      return (found ? [found] : all!.all(day)).map((row) => ({
        ...row,
        suspect: row.suspect === 1,
        lacks: row.lacks === null ? [] : (JSON.parse(row.lacks) as string[]),
      }))
    }),
  )
}
