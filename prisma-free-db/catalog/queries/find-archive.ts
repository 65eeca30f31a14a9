import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId, RepositoryId, SeriesId, WorkspaceId } from '#lib/base/ids.ts'
import { prepared, type ReadableDb } from '../../handle.ts'
import type { RepositoryRow } from '../archive-row.ts'
import type { ArchiveKey } from '../tables/archives.ts'

/** Where an archive is: its integers in the catalog, and which repository, workspace and series it belongs to. */
export interface FoundArchive extends ArchiveKey {
  id: ArchiveId
  workspaceId: WorkspaceId
  seriesId: SeriesId
  repository: RepositoryRow
  createdAtMs: number
  /** The number before it in its series; null for the first. */
  previous: number | null
  /** The highest number of its series. */
  newest: number
  isForgotten: boolean
}

interface Row extends ArchiveKey {
  id: string
  workspaceId: string
  seriesId: string
  repositoryId: string
  location: string
  createdAtMs: number
  previous: number | null
  newest: number
  forgottenAtMs: number | null
}

const SELECT = `SELECT a.archive, a.series, a.number, a.workspace, w.root_path AS root, a.id, w.id AS workspaceId, s.id AS seriesId,
    r.id AS repositoryId, r.location, a.created_at_ms AS createdAtMs, a.forgotten_at_ms AS forgottenAtMs,
    (SELECT MAX(b.number) FROM archives b WHERE b.series = a.series AND b.number < a.number AND b.committed = 1) AS previous,
    (SELECT MAX(c.number) FROM archives c WHERE c.series = a.series) AS newest
  FROM archives a
  JOIN workspaces w ON w.workspace = a.workspace
  JOIN series s ON s.series = a.series
  JOIN repositories r ON r.repository = s.repository`

/** The archive with this id, or null. */
export function findArchive(db: ReadableDb, id: string): FoundArchive | null {
  const row = prepared<[string], Row>(db, `${SELECT} WHERE a.id = ? AND a.committed = 1`).get(id)
  return row ? found(row) : null
}

/** The archive with this id; throws `archive_unknown`. */
export function requireArchive(db: ReadableDb, id: string): FoundArchive {
  const archive = findArchive(db, id)
  if (!archive) {
    throw new AppError('archive_unknown', {
      message: `There is no archive ${id} in the catalog.`,
      hint: 'See the list with `orchive archives`; if it lies in the repository, `orchive catalog rebuild` brings it back.',
      context: { archiveId: id },
    })
  }
  return archive
}

/** The newest archive of a series that the catalog has, forgotten ones included: the state that its rows are in. Null = none. */
export function newestOfSeries(db: ReadableDb, seriesId: string): FoundArchive | null {
  const row = prepared<[string], Row>(db, `${SELECT} WHERE s.id = ? AND a.committed = 1 ORDER BY a.number DESC LIMIT 1`).get(seriesId)
  return row ? found(row) : null
}

/** Every archive of a repository that the catalog has, and whether it knows it as forgotten. */
export function listKnownArchives(db: ReadableDb, repositoryId: string): Map<ArchiveId, { isForgotten: boolean }> {
  const rows = prepared<[string], { id: ArchiveId; isForgotten: number }>(
    db,
    `SELECT a.id, a.forgotten_at_ms IS NOT NULL AS isForgotten
     FROM archives a JOIN series s ON s.series = a.series JOIN repositories r ON r.repository = s.repository
     WHERE r.id = ? AND a.committed = 1 ORDER BY a.archive`,
  ).all(repositoryId)
  return new Map(rows.map(({ id, isForgotten }) => [id, { isForgotten: isForgotten === 1 }]))
}

function found(row: Row): FoundArchive {
  const { repositoryId, location, forgottenAtMs, ...rest } = row
  return {
    ...rest,
    id: row.id as ArchiveId,
    workspaceId: row.workspaceId as WorkspaceId,
    seriesId: row.seriesId as SeriesId,
    repository: { id: repositoryId as RepositoryId, location },
    isForgotten: forgottenAtMs !== null,
  }
}
