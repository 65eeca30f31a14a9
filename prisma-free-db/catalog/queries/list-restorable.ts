import type { ArchiveId } from '#lib/base/ids.ts'
import { inSnapshot, prepared, type ReadableDb } from '../../handle.ts'
import { DAYS, type DaySpan, daysJson, IS_OF_DAY } from './calendar.ts'
import { WHOLE_KINDS } from './resolve-archive.ts'

/** When an archive was taken, and what keeps the state of that day from being restored of it. */
export interface RestorableArchive {
  archiveId: ArchiveId
  createdAtMs: number
  suspect: boolean
  /** Labels of critical items that it does not hold. */
  lacks: string[]
}

const IS_WHOLE_OF_DAY = `${IS_OF_DAY} AND a.kind IN ${WHOLE_KINDS}`

/** The SQL of the first archive of each day that lacks nothing, and of all of each day. */
export const LIST_RESTORABLE = {
  whole: `SELECT d.day, a.id AS archiveId, a.created_at_ms AS createdAtMs, a.suspect, a.lacks
    FROM (SELECT d.day, (SELECT a.archive FROM archives a INDEXED BY archives_by_workspace
        WHERE ${IS_WHOLE_OF_DAY} AND a.suspect = 0 AND a.lacks IS NULL ORDER BY a.created_at_ms, a.id LIMIT 1) AS archive
      FROM ${DAYS} d) d
    CROSS JOIN archives a ON a.archive = d.archive`,
  all: `SELECT d.day, a.id AS archiveId, a.created_at_ms AS createdAtMs, a.suspect, a.lacks
    FROM ${DAYS} d CROSS JOIN archives a INDEXED BY archives_by_workspace
    WHERE ${IS_WHOLE_OF_DAY}`,
}

interface Row {
  day: number
  archiveId: ArchiveId
  createdAtMs: number
  suspect: number
  lacks: string | null
}

/** Of each of some days one whole archive that the day can be restored of, or else all that were taken; oldest first. */
export function listRestorable(db: ReadableDb, workspaceId: string, days: readonly DaySpan[]): RestorableArchive[] {
  const read = (sql: string, spans: readonly DaySpan[]) =>
    prepared<Record<string, unknown>, Row>(db, sql).all({ workspaceId, days: daysJson(spans) })
  return inSnapshot(db, () => {
    const whole = read(LIST_RESTORABLE.whole, days)
    const hasWhole = new Set(whole.map(({ day }) => day))
    const others = read(
      LIST_RESTORABLE.all,
      days.filter((_, day) => !hasWhole.has(day)),
    )
    return [...whole, ...others]
      .map(({ archiveId, createdAtMs, suspect, lacks }) => {
        return { archiveId, createdAtMs, suspect: suspect === 1, lacks: lacks === null ? [] : (JSON.parse(lacks) as string[]) }
      })
      .toSorted((a, b) => a.createdAtMs - b.createdAtMs || (a.archiveId < b.archiveId ? -1 : 1))
  })
}
