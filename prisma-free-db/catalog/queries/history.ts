import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { Version, VersionSpan } from '#lib/contracts/archive.ts'
import { decodeCursor, encodeCursor, pageLimit } from '../../cursor.ts'
import { inSnapshot, prepared, type ReadableDb } from '../../handle.ts'
import { IS_VISIBLE } from '../archive-summary.ts'
import { ENTRY_COLUMNS, type EntryColumns, entryDto } from '../entry-row.ts'
import { findPath } from '../tables/paths.ts'
import { type FoundArchive, findArchive } from './find-archive.ts'
import { SEEN } from './search-names.ts'

interface SeenRow extends EntryColumns {
  id: string
  createdAtMs: number
}

/** The SQL of every archive that holds a path, with the version that it holds. */
export const HISTORY = `SELECT a.id, a.created_at_ms AS createdAtMs, ${ENTRY_COLUMNS('v')}
  FROM entry_versions v
  CROSS JOIN archives a ON a.series = v.series AND a.number >= v.since AND (v.until IS NULL OR a.number < v.until)
  WHERE v.path = :path AND ${IS_VISIBLE}`

/**
 * The distinct contents that a path had over all archives of a workspace, newest first; equal content of different times is
 * one version with all its archives. Attributes are the newest such archive's. Throws `path_unknown` when no archive has it.
 */
export function listVersions(db: ReadableDb, workspaceId: string, path: string): Version[] {
  return inSnapshot(db, () => {
    const id = pathOf(db, workspaceId, path)
    const rows = id === null ? [] : prepared<Record<string, unknown>, SeenRow>(db, HISTORY).all({ path: id })
    if (rows.length === 0) throw noArchiveHas(workspaceId, path)
    rows.sort((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1))
    const versions = new Map<string, Version>()
    for (const row of rows) {
      const content = contentOf(row)
      let version = versions.get(content)
      if (!version) {
        const { type, sizeBytes, mtime, sha256 } = entryDto(path, row)
        versions.set(content, (version = { path, type, sizeBytes, mtime, sha256, archives: [] }))
      }
      version.archives.push({ id: row.id as ArchiveId, createdAt: new Date(row.createdAtMs).toISOString() })
    }
    return [...versions.values()]
  })
}

interface SpanRow extends EntryColumns {
  series: number
  since: number
  until: number | null
}

/** The SQL of every version of a path, and of how many archives of a series lie between two numbers (`past` excluded). */
export const VERSION_SPANS = {
  ofPath: `SELECT v.series, v.since, v.until, ${ENTRY_COLUMNS('v')} FROM entry_versions v WHERE v.path = :path`,
  count: `SELECT COUNT(*) AS archives FROM archives a INDEXED BY archives_seen
    WHERE a.series = :series AND a.number >= :since AND a.number < :past AND ${IS_VISIBLE}`,
}

/**
 * A page of the distinct contents that a path had, newest first, each with the newest and the oldest archive that hold it and how many do: of an archive that
 * has it unchanged for years nothing but two numbers is read. `archiveId` says in which archive somebody looks. Throws `path_unknown` when no archive has it.
 */
export function pageVersions(
  db: ReadableDb,
  request: {
    workspaceId: string
    path: string
    archiveId?: string | undefined
    cursor?: string | null | undefined
    limit?: number | undefined
  },
): { rows: VersionSpan[]; nextCursor: string | null } {
  const { workspaceId, path } = request
  const limit = pageLimit(request.limit, 100, 500)
  const [beforeMs, beforeId] = decodeCursor('history', request.cursor, ['number', 'string']) ?? [Number.MAX_SAFE_INTEGER, '']
  return inSnapshot(db, () => {
    const id = pathOf(db, workspaceId, path)
    const versions = new Map<string, Placed>()
    const shown = request.archiveId === undefined ? null : findArchive(db, request.archiveId)
    for (const row of id === null ? [] : prepared<Record<string, unknown>, SpanRow>(db, VERSION_SPANS.ofPath).all({ path: id })) {
      addSpan(db, versions, row, path, shown)
    }
    if (versions.size === 0) throw noArchiveHas(workspaceId, path)
    const after = [...versions.values()]
      .filter(({ newestMs, span }) => newestMs < beforeMs || (newestMs === beforeMs && span.newest.id < beforeId))
      .sort((a, b) => b.newestMs - a.newestMs || (a.span.newest.id < b.span.newest.id ? 1 : -1))
    const page = after.slice(0, limit)
    const last = page.at(-1)
    return {
      rows: page.map(({ span }) => span),
      nextCursor: after.length > limit && last ? encodeCursor('history', [last.newestMs, last.span.newest.id]) : null,
    }
  })
}

interface Placed {
  span: VersionSpan
  newestMs: number
  oldestMs: number
}

/** Adds the archives that hold one version to those of the same content. */
function addSpan(db: ReadableDb, versions: Map<string, Placed>, row: SpanRow, path: string, shown: FoundArchive | null): void {
  const { series, since, until } = row
  const range = { series, since, past: until ?? Number.MAX_SAFE_INTEGER }
  const seen = (sql: string) => prepared<Record<string, unknown>, { id: ArchiveId; createdAtMs: number }>(db, sql).get(range)
  const [oldest, newest] = [seen(SEEN.first), seen(SEEN.last)]
  if (!oldest || !newest) return
  const { archives } = prepared<Record<string, unknown>, { archives: number }>(db, VERSION_SPANS.count).get(range)!
  const isShown = shown !== null && shown.series === series && shown.number >= since && shown.number < range.past
  const placed = versions.get(contentOf(row))
  const newer =
    !placed || newest.createdAtMs > placed.newestMs || (newest.createdAtMs === placed.newestMs && newest.id > placed.span.newest.id)
  const older =
    !placed || oldest.createdAtMs < placed.oldestMs || (oldest.createdAtMs === placed.oldestMs && oldest.id < placed.span.oldest.id)
  const { type, sizeBytes, mtime, sha256 } = entryDto(path, row)
  versions.set(contentOf(row), {
    span: {
      path,
      type,
      sizeBytes,
      mtime: newer ? mtime : placed.span.mtime,
      sha256,
      archives: archives + (placed?.span.archives ?? 0),
      newest: newer ? seenDto(newest) : placed.span.newest,
      oldest: older ? seenDto(oldest) : placed.span.oldest,
      isShown: isShown || (placed?.span.isShown ?? false),
    },
    newestMs: newer ? newest.createdAtMs : placed.newestMs,
    oldestMs: older ? oldest.createdAtMs : placed.oldestMs,
  })
}

const seenDto = ({ id, createdAtMs }: { id: ArchiveId; createdAtMs: number }) => ({ id, createdAt: new Date(createdAtMs).toISOString() })

/** Versions of equal content are one. */
const contentOf = (row: EntryColumns) => `${row.type} ${row.sha256 ?? ''} ${row.link ?? ''}`

function pathOf(db: ReadableDb, workspaceId: string, path: string): number | null {
  const workspace = prepared<[string], { root: number }>(db, 'SELECT root_path AS root FROM workspaces WHERE id = ?').get(workspaceId)
  return workspace && path !== '' ? findPath(db, workspace.root, path) : null
}

function noArchiveHas(workspaceId: string, path: string): AppError {
  return new AppError('path_unknown', {
    message: `No archive of this workspace has ${path === '' ? 'an empty path' : path}.`,
    hint: 'Paths are the archive’s own; `orchive find` looks for a part of a name.',
    context: { workspaceId, path },
  })
}
