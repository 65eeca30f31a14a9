import { textToBytes } from '#lib/base/path-text.ts'
import type { FolderRow } from '#lib/contracts/archive.ts'
import { decodeCursor, encodeCursor, pageLimit } from '../../cursor.ts'
import { inSnapshot, type ReadableDb } from '../../handle.ts'
import { findPath } from '../tables/paths.ts'
import { type FoundArchive, requireArchive } from './find-archive.ts'
import { childrenOf, folderRow, rawNameOf, requireFolder } from './list-folder.ts'

/** A folder that the walk is in: its rest is what comes after the last name taken. */
interface Level {
  folder: number
  path: string
  after: Buffer
  rows: ReturnType<typeof childrenOf>
  isAtEnd: boolean
}

const ROWS_AT_ONCE = 2000

/**
 * A page of everything below a folder of an archive, in archive order: a folder before its children. `hasHashes` false leaves content
 * hashes out (null). Throws `archive_unknown`, `path_unknown` or `invalid_input`.
 */
export function listTree(
  db: ReadableDb,
  request: { archiveId: string; path?: string; cursor?: string | null; limit?: number; hasHashes?: boolean },
): { path: string; rows: FolderRow[]; nextCursor: string | null } {
  const path = request.path ?? ''
  const limit = pageLimit(request.limit, 1000, 10_000)
  const wanted = { limit: Math.min(ROWS_AT_ONCE, limit + 1), hasHashes: request.hasHashes !== false }
  const [last] = decodeCursor('tree', request.cursor, ['string']) ?? [null]
  return inSnapshot(db, () => {
    const archive = requireArchive(db, request.archiveId)
    const levels = resume(db, archive, { folder: requireFolder(db, archive, path), path }, last)
    const rows: FolderRow[] = []
    while (rows.length <= limit) {
      const row = step(db, archive, levels, wanted)
      if (!row) break
      rows.push(row)
    }
    const page = rows.slice(0, limit)
    return { path, rows: page, nextCursor: rows.length > limit ? encodeCursor('tree', [page.at(-1)!.path]) : null }
  })
}

/** The levels of a walk that has just taken `last`: every folder on the way to it, and it itself if it is one. */
function resume(db: ReadableDb, archive: FoundArchive, top: { folder: number; path: string }, last: string | null): Level[] {
  const levels = [levelOf(top.folder, top.path)]
  if (last === null) return levels
  const inside = top.path === '' ? last : last.slice(top.path.length + 1)
  for (const name of inside.split('/')) {
    const level = levels.at(-1)!
    level.after = Buffer.from(textToBytes(name) ?? [])
    const path = join(level.path, name)
    const folder = findPath(db, archive.root, path)
    if (folder === null) break
    levels.push(levelOf(folder, path))
  }
  return levels
}

function step(db: ReadableDb, archive: FoundArchive, levels: Level[], wanted: { limit: number; hasHashes: boolean }): FolderRow | null {
  while (levels.length > 0) {
    const level = levels.at(-1)!
    if (level.rows.length === 0 && !level.isAtEnd) {
      // Reversed, so that taking the next one is a pop.
      level.rows = childrenOf(db, archive, level.folder, { after: level.after, ...wanted }).reverse()
      level.isAtEnd = level.rows.length < wanted.limit
      if (level.rows.length > 0) level.after = rawNameOf(level.rows[0]!)
    }
    const row = level.rows.pop()
    if (row) {
      const shown = folderRow(level.path, row)
      if (row.type === 'd') levels.push(levelOf(row.path, shown.path))
      return shown
    }
    levels.pop()
  }
  return null
}

function levelOf(folder: number, path: string): Level {
  return { folder, path, after: Buffer.alloc(0), rows: [], isAtEnd: false }
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}
