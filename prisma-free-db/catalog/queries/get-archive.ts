import type { ArchiveId } from '#lib/base/ids.ts'
import type { ArchiveDetail, Rung } from '#lib/contracts/archive.ts'
import type { Finding } from '#lib/contracts/common.ts'
import { inSnapshot, prepared, type ReadableDb } from '../../handle.ts'
import type { MarkRow } from '../archive-row.ts'
import { archiveSummary, IS_VISIBLE, SUMMARY_COLUMNS, type SummaryRow } from '../archive-summary.ts'
import { requireArchive } from './find-archive.ts'
import { FORGET_MARK, forgetMark } from './forget-mark.ts'

interface DetailRow extends SummaryRow {
  root: string
  configPath: string
  findings: string
  forgottenAtMs: number | null
  forgetMark: string | null
}

/** The SQL of the neighbours of an archive in its workspace's list. */
export const NEIGHBOURS = {
  before: `SELECT a.id FROM archives a
    WHERE a.workspace = :workspace AND ${IS_VISIBLE} AND (a.created_at_ms, a.id) < (:createdAtMs, :id)
    ORDER BY a.created_at_ms DESC, a.id DESC LIMIT 1`,
  after: `SELECT a.id FROM archives a
    WHERE a.workspace = :workspace AND ${IS_VISIBLE} AND (a.created_at_ms, a.id) > (:createdAtMs, :id)
    ORDER BY a.created_at_ms, a.id LIMIT 1`,
}

/** Everything the catalog says about one archive, with its neighbours in time; grades and holds as of `nowMs`. Throws `archive_unknown`. */
export function getArchive(db: ReadableDb, id: string, nowMs: number): ArchiveDetail {
  return inSnapshot(db, () => {
    const { archive, workspace, createdAtMs } = requireArchive(db, id)
    const row = prepared<[number], DetailRow>(
      db,
      `SELECT ${SUMMARY_COLUMNS}, d.root, d.config_path AS configPath, d.findings,
         a.forgotten_at_ms AS forgottenAtMs, ${FORGET_MARK} AS forgetMark
       FROM archives a JOIN workspaces w ON w.workspace = a.workspace JOIN archive_details d ON d.archive = a.archive
       WHERE a.archive = ?`,
    ).get(archive)!
    const neighbour = (sql: string) =>
      (prepared<Record<string, unknown>, { id: ArchiveId }>(db, sql).get({ workspace, createdAtMs, id })?.id ?? null) as ArchiveId | null
    return {
      ...archiveSummary(row, nowMs),
      findings: JSON.parse(row.findings) as Finding[],
      rungs: JSON.parse(row.rungs) as Rung[],
      forgotten: row.forgottenAtMs === null ? null : { at: new Date(row.forgottenAtMs).toISOString(), ...forgetMark(row.forgetMark) },
      root: row.root,
      configPath: row.configPath,
      previousId: neighbour(NEIGHBOURS.before),
      nextId: neighbour(NEIGHBOURS.after),
    }
  })
}

/** The rungs of some archives, by id; those that the catalog does not have are left out. */
export function listRungs(db: ReadableDb, ids: readonly ArchiveId[]): Map<ArchiveId, Rung[]> {
  const rows = prepared<[string], { id: ArchiveId; rungs: string }>(
    db,
    'SELECT a.id, a.rungs FROM json_each(?) j CROSS JOIN archives a ON a.id = j.value WHERE a.committed = 1',
  ).all(JSON.stringify(ids))
  return new Map(rows.map(({ id, rungs }) => [id, JSON.parse(rungs) as Rung[]]))
}

/** The config paths as they were when the archive was taken: by config key. Throws `archive_unknown`. */
export function getConfigPaths(db: ReadableDb, id: string): Record<string, string> {
  const row = prepared<[number], { configPaths: string }>(
    db,
    'SELECT config_paths AS configPaths FROM archive_details WHERE archive = ?',
  ).get(requireArchive(db, id).archive)
  return JSON.parse(row!.configPaths) as Record<string, string>
}

/** Every mark of an archive, oldest first. Throws `archive_unknown`. */
export function listMarks(db: ReadableDb, id: string): MarkRow[] {
  return prepared<[number], { mark: string }>(db, 'SELECT mark FROM marks WHERE archive = ? ORDER BY seq')
    .all(requireArchive(db, id).archive)
    .map((row) => JSON.parse(row.mark) as MarkRow)
}
