import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { Version } from '#lib/contracts/archive.ts'
import { inSnapshot, prepared, type ReadableDb } from '../../handle.ts'
import { IS_VISIBLE } from '../archive-summary.ts'
import { ENTRY_COLUMNS, type EntryColumns, entryDto } from '../entry-row.ts'
import { findPath } from '../tables/paths.ts'

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
    const workspace = prepared<[string], { root: number }>(db, 'SELECT root_path AS root FROM workspaces WHERE id = ?').get(workspaceId)
    const id = workspace && path !== '' ? findPath(db, workspace.root, path) : null
    const rows = id === null ? [] : prepared<Record<string, unknown>, SeenRow>(db, HISTORY).all({ path: id })
    if (rows.length === 0) {
      throw new AppError('path_unknown', {
        message: `No archive of this workspace has ${path === '' ? 'an empty path' : path}.`,
        hint: 'Paths are the archive’s own; `orchive find` looks for a part of a name.',
        context: { workspaceId, path },
      })
    }
    rows.sort((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : -1))
    const versions = new Map<string, Version>()
    for (const row of rows) {
      const content = `${row.type} ${row.sha256 ?? ''} ${row.link ?? ''}`
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
