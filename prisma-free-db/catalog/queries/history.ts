import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { Version, VersionSpan } from '#lib/contracts/archive.ts'
import { decodeCursor, encodeCursor, pageLimit } from '../../cursor.ts'
import { inSnapshot, prepared, type ReadableDb } from '../../handle.ts'
import { IS_VISIBLE } from '../archive-summary.ts'
import { ENTRY_COLUMNS, type EntryColumns, entryDto } from '../entry-row.ts'
import { findPath } from '../tables/paths.ts'
import { type FoundArchive, findArchive } from './find-archive.ts'

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
  archives: number
  newestId: ArchiveId
  newestMs: number
  oldestId: ArchiveId
  oldestMs: number
}

const HOLDERS = `FROM archives a INDEXED BY archives_seen
  WHERE a.series = v.series AND a.number >= v.since AND a.number < COALESCE(v.until, ${Number.MAX_SAFE_INTEGER}) AND ${IS_VISIBLE}`

/** The SQL of every version of a path that an archive holds, with the newest and the oldest of these and how many they are. */
export const VERSION_SPANS = `SELECT v.series, v.since, v.until, ${ENTRY_COLUMNS('v')},
    n.id AS newestId, n.created_at_ms AS newestMs, o.id AS oldestId, o.created_at_ms AS oldestMs, (SELECT COUNT(*) ${HOLDERS}) AS archives
  FROM entry_versions v
  CROSS JOIN archives n ON n.archive = (SELECT a.archive ${HOLDERS} ORDER BY a.number DESC LIMIT 1)
  CROSS JOIN archives o ON o.archive = (SELECT a.archive ${HOLDERS} ORDER BY a.number LIMIT 1)
  WHERE v.path = :path`

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
    for (const row of id === null ? [] : prepared<Record<string, unknown>, SpanRow>(db, VERSION_SPANS).all({ path: id })) {
      addSpan(versions, row, path, shown)
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
function addSpan(versions: Map<string, Placed>, row: SpanRow, path: string, shown: FoundArchive | null): void {
  const { series, since, until, newestId, newestMs, oldestId, oldestMs } = row
  const isShown = shown !== null && shown.series === series && shown.number >= since && (until === null || shown.number < until)
  const before = versions.get(contentOf(row))
  const isNewer = !before || newestMs > before.newestMs || (newestMs === before.newestMs && newestId > before.span.newest.id)
  const isOlder = !before || oldestMs < before.oldestMs || (oldestMs === before.oldestMs && oldestId < before.span.oldest.id)
  const { type, sizeBytes, mtime, sha256 } = entryDto(path, row)
  versions.set(contentOf(row), {
    span: {
      path,
      type,
      sizeBytes,
      mtime: isNewer ? mtime : before.span.mtime,
      sha256,
      archives: row.archives + (before?.span.archives ?? 0),
      newest: isNewer ? seenDto(newestId, newestMs) : before.span.newest,
      oldest: isOlder ? seenDto(oldestId, oldestMs) : before.span.oldest,
      isShown: isShown || (before?.span.isShown ?? false),
    },
    newestMs: isNewer ? newestMs : before.newestMs,
    oldestMs: isOlder ? oldestMs : before.oldestMs,
  })
}

const seenDto = (id: ArchiveId, createdAtMs: number) => ({ id, createdAt: new Date(createdAtMs).toISOString() })

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
