import { prepared, type ReadableDb } from '../../handle.ts'
import { IS_VISIBLE } from '../archive-summary.ts'
import { WHOLE_KINDS } from './resolve-archive.ts'

/** The SQL of it. */
export const NEWEST_WHOLE = `SELECT a.created_at_ms AS createdAtMs FROM archives a INDEXED BY archives_by_workspace
  WHERE a.workspace = (SELECT workspace FROM workspaces WHERE id = :workspaceId) AND ${IS_VISIBLE} AND a.kind IN ${WHOLE_KINDS}
    AND a.created_at_ms <= :untilMs
  ORDER BY a.created_at_ms DESC, a.id DESC LIMIT 1`

/** When the newest whole archive dated at or before `untilMs` was taken; null without one. One from a clock that ran ahead is left out by it. */
export function newestWholeMs(db: ReadableDb, workspaceId: string, untilMs: number): number | null {
  return (
    prepared<Record<string, unknown>, { createdAtMs: number }>(db, NEWEST_WHOLE).get({ workspaceId, untilMs: Math.trunc(untilMs) })
      ?.createdAtMs ?? null
  )
}

/** The SQL of it. */
export const OLDEST_WHOLE_AFTER = `SELECT a.created_at_ms AS createdAtMs FROM archives a INDEXED BY archives_by_workspace
  WHERE a.workspace = (SELECT workspace FROM workspaces WHERE id = :workspaceId) AND ${IS_VISIBLE} AND a.kind IN ${WHOLE_KINDS}
    AND a.created_at_ms > :afterMs
  ORDER BY a.created_at_ms, a.id LIMIT 1`

/** When the oldest whole archive was taken that is newer than `afterMs`; null without one. */
export function oldestWholeAfterMs(db: ReadableDb, workspaceId: string, afterMs: number): number | null {
  return (
    prepared<Record<string, unknown>, { createdAtMs: number }>(db, OLDEST_WHOLE_AFTER).get({ workspaceId, afterMs: Math.trunc(afterMs) })
      ?.createdAtMs ?? null
  )
}
