import type { ArchiveSummary } from '#lib/contracts/archive.ts'
import { inSnapshot, prepared, type ReadableDb } from '../../handle.ts'
import { archiveSummary, IS_VISIBLE, SUMMARY_COLUMNS, type SummaryRow } from '../archive-summary.ts'
import { WHOLE_KINDS } from './resolve-archive.ts'
import { getArchivedStorage } from './storage.ts'

/** What the Overview leads with. */
export interface WorkspaceFacts {
  /** All kinds. */
  archives: number
  oldestAt: string | null
  /** The newest whole archive; safety archives and parts never count. */
  newest: ArchiveSummary | null
  /** The newest whole archive that is proven at level 3 or better right now and not suspect. */
  lastGood: ArchiveSummary | null
}

const WHOLE = `SELECT ${SUMMARY_COLUMNS} FROM archives a INDEXED BY`
const OF_WORKSPACE = `JOIN workspaces w ON w.workspace = a.workspace
  WHERE a.workspace = (SELECT workspace FROM workspaces WHERE id = :workspaceId) AND ${IS_VISIBLE} AND a.kind IN ${WHOLE_KINDS}`
const NEWEST_FIRST = 'ORDER BY a.created_at_ms DESC, a.id DESC LIMIT 1'

/** The SQL of the newest whole archive, of the newest one that is known to be good, and of the oldest of any kind. */
export const FACTS = {
  newest: `${WHOLE} archives_by_workspace ${OF_WORKSPACE} ${NEWEST_FIRST}`,
  oldest: `SELECT a.created_at_ms AS createdAtMs FROM archives a INDEXED BY archives_by_workspace
    WHERE a.workspace = (SELECT workspace FROM workspaces WHERE id = :workspaceId) AND ${IS_VISIBLE} ORDER BY a.created_at_ms, a.id LIMIT 1`,
  lastGood: `${WHOLE} archives_proven ${OF_WORKSPACE} AND a.proof_1_until_ms IS NOT NULL AND a.proof_3_until_ms > :nowMs AND a.suspect = 0 ${NEWEST_FIRST}`,
}

/** The newest and the last known-good archive of a workspace, grades as of `nowMs`; zero and nulls without archives. */
export function getWorkspaceFacts(db: ReadableDb, workspaceId: string, nowMs: number): WorkspaceFacts {
  return inSnapshot(db, () => {
    const { archives } = getArchivedStorage(db, workspaceId)
    const oldest = prepared<Record<string, unknown>, { createdAtMs: number }>(db, FACTS.oldest).get({ workspaceId })
    const newest = prepared<Record<string, unknown>, SummaryRow>(db, FACTS.newest).get({ workspaceId })
    const lastGood = prepared<Record<string, unknown>, SummaryRow>(db, FACTS.lastGood).get({ workspaceId, nowMs })
    return {
      archives,
      oldestAt: oldest ? new Date(oldest.createdAtMs).toISOString() : null,
      newest: newest ? archiveSummary(newest, nowMs) : null,
      lastGood: lastGood ? archiveSummary(lastGood, nowMs) : null,
    }
  })
}
