import { AppError } from '#lib/base/errors.ts'
import { textToBytes } from '#lib/base/path-text.ts'
import type { EntryDto, FolderPage, FolderRow } from '#lib/contracts/archive.ts'
import { decodeCursor, encodeCursor, pageLimit } from '../../cursor.ts'
import { inSnapshot, prepared, type ReadableDb } from '../../handle.ts'
import { ENTRY_COLUMNS, type EntryColumns, entryDto, HASH } from '../entry-row.ts'
import { nodesSeenBy } from '../tables/folder-names.ts'
import { findPath } from '../tables/paths.ts'
import { type FoundArchive, requireArchive } from './find-archive.ts'

interface ChildRow extends EntryColumns {
  path: number
  /** Text form. */
  name: string
  files: number | null
  bytes: number | null
  change: 'added' | 'changed' | null
}

/** The version of a path (alias.column `path`) that archive `number` of a series sees: the last one to begin, unless it has ended. */
export const VERSION_AT = (alias: string, path: string, number: string) =>
  `${alias}.path = ${path} AND ${alias}.series = :series
   AND ${alias}.since = (SELECT x.since FROM entry_versions x WHERE x.path = ${path} AND x.series = :series AND x.since <= ${number} ORDER BY x.since DESC LIMIT 1)
   AND (${alias}.until IS NULL OR ${alias}.until > ${number})`

/**
 * The SQL of a page of a folder, merged from so many nodes of `folder_names`, each in the order of names.`previous` NULL =
 * nothing to compare with. `hashes` 0 = without content hashes, which take as long as all else.
 */
export function folderSql(nodes: number): string {
  return `SELECT n.path, COALESCE(p.text, CAST(p.name AS TEXT)) AS name, ${ENTRY_COLUMNS('v', `CASE WHEN :hashes = 1 THEN ${HASH('v')} END`)}, t.files, t.bytes,
    CASE
      WHEN :previous IS NULL OR (v.since <= :previous AND COALESCE(t.since, 0) <= :previous) THEN NULL
      WHEN b.path IS NULL THEN 'added'
      WHEN t.since > :previous OR b.type <> v.type OR b.size <> v.size OR b.sha256 IS NOT v.sha256 OR b.link IS NOT v.link
        OR b.mode <> v.mode OR b.uid <> v.uid OR b.gid <> v.gid THEN 'changed'
    END AS change
  FROM (${namesSql(nodes)}) n
  CROSS JOIN paths p ON p.path = n.path
  CROSS JOIN entry_versions v ON ${VERSION_AT('v', 'n.path', ':number')}
  LEFT JOIN folder_totals t ON v.type = 'd' AND t.path = n.path AND t.series = :series
    AND t.since = (SELECT y.since FROM folder_totals y WHERE y.path = n.path AND y.series = :series AND y.since <= :number ORDER BY y.since DESC LIMIT 1)
  LEFT JOIN entry_versions b ON :previous IS NOT NULL AND (v.since > :previous OR t.since > :previous) AND ${VERSION_AT('b', 'n.path', ':previous')}
  ORDER BY n.name`
}

/**
 * The SQL of the next names of a folder that an archive sees: as many from each node as could be wanted, then the first of
 * those. `narrow` is a further condition on `f`, or on its `paths` row `q`.
 */
export function namesSql(nodes: number, narrow = ''): string {
  const streams = Array.from(
    { length: nodes },
    (_, i) => `SELECT * FROM (SELECT f.path, f.name FROM folder_names f ${narrow === '' ? '' : 'CROSS JOIN paths q ON q.path = f.path'}
       WHERE f.series = :series AND f.parent = :folder AND f.node = :node${i} AND f.name > :after
         AND f.since <= :number AND (f.until IS NULL OR f.until > :number) ${narrow}
       ORDER BY f.name LIMIT :limit)`,
  )
  return `SELECT * FROM (${streams.join('\n UNION ALL ')}) ORDER BY name LIMIT :limit`
}

/** The nodes that an archive sees, as the values that `namesSql` of so many takes. */
export function nodeValues(archive: FoundArchive): { count: number; values: Record<string, number> } {
  const nodes = nodesSeenBy(archive.number, archive.newest)
  return { count: nodes.length, values: Object.fromEntries(nodes.map((node, i) => [`node${i}`, node])) }
}

/** The SQL of one entry of an archive. */
export const GET_ENTRY = `SELECT ${ENTRY_COLUMNS('v')} FROM entry_versions v WHERE ${VERSION_AT('v', ':path', ':number')}`

/**
 * A page of a folder of an archive, in archive order: memcmp of raw names. `path` '' is the top. Folders carry the files
 * and bytes below them. Throws `archive_unknown`, `path_unknown` (also for a file) or `invalid_input`.
 */
export function listFolder(
  db: ReadableDb,
  request: { archiveId: string; path?: string; cursor?: string | null; limit?: number },
): FolderPage {
  const path = request.path ?? ''
  const limit = pageLimit(request.limit, 200, 2000)
  const [afterHex] = decodeCursor('folder', request.cursor, ['string']) ?? ['']
  return inSnapshot(db, () => {
    const archive = requireArchive(db, request.archiveId)
    const folder = requireFolder(db, archive, path)
    const rows = childrenOf(db, archive, folder, { after: Buffer.from(afterHex, 'hex'), limit: limit + 1, hasHashes: true })
    const page = rows.slice(0, limit)
    return {
      path,
      rows: page.map((row) => folderRow(path, row)),
      nextCursor: rows.length > limit ? encodeCursor('folder', [rawNameOf(page.at(-1)!).toString('hex').toUpperCase()]) : null,
    }
  })
}

/** The files and bytes of a whole archive or of a folder of it. Throws `archive_unknown` or `path_unknown`. */
export function getFolderTotals(db: ReadableDb, archiveId: string, path = ''): { files: number; bytes: number } {
  const archive = requireArchive(db, archiveId)
  const row = prepared<[number, number, number], { files: number; bytes: number }>(
    db,
    'SELECT files, bytes FROM folder_totals WHERE path = ? AND series = ? AND since <= ? ORDER BY since DESC LIMIT 1',
  ).get(requireFolder(db, archive, path), archive.series, archive.number)
  return row ?? { files: 0, bytes: 0 }
}

/** One entry of an archive, or null when the archive does not have it. Throws `archive_unknown`. */
export function getEntry(db: ReadableDb, archiveId: string, path: string): EntryDto | null {
  const archive = requireArchive(db, archiveId)
  const id = path === '' ? null : findPath(db, archive.root, path)
  const row = id === null ? null : entryAt(db, archive, id)
  return row ? entryDto(path, row) : null
}

/** Children of a folder after a raw name, in archive order; without their content hashes when those are not wanted. */
export function childrenOf(
  db: ReadableDb,
  archive: FoundArchive,
  folder: number,
  { after, limit, hasHashes }: { after: Buffer; limit: number; hasHashes: boolean },
): ChildRow[] {
  const nodes = nodeValues(archive)
  return prepared<Record<string, unknown>, ChildRow>(db, folderSql(nodes.count)).all({
    series: archive.series,
    number: archive.number,
    previous: archive.previous,
    folder,
    after,
    limit,
    hashes: hasHashes ? 1 : 0,
    ...nodes.values,
  })
}

/** The raw name of a child: its place in the order. */
export const rawNameOf = ({ name }: Pick<ChildRow, 'name'>): Buffer => Buffer.from(textToBytes(name)!)

/** The number of a folder of an archive; throws `path_unknown` when there is none, or it is a file. */
export function requireFolder(db: ReadableDb, archive: FoundArchive, path: string): number {
  if (path === '') return archive.root
  const id = findPath(db, archive.root, path)
  const row = id === null ? null : entryAt(db, archive, id)
  if (id !== null && row?.type === 'd') return id
  throw new AppError('path_unknown', {
    message: row ? `“${path}” is no folder in archive ${archive.id}.` : `Archive ${archive.id} has no “${path}”.`,
    hint: row ? 'List the folder that it lies in.' : 'Paths are the archive’s own, as `orchive ls` shows them.',
    context: { archiveId: archive.id, path },
  })
}

/** A child as every transport shows it. */
export function folderRow(folder: string, row: ChildRow): FolderRow {
  const entry = entryDto(folder === '' ? row.name : `${folder}/${row.name}`, row)
  const isFolder = row.type === 'd'
  return {
    ...entry,
    sizeBytes: isFolder ? (row.bytes ?? 0) : entry.sizeBytes,
    name: row.name,
    files: isFolder ? (row.files ?? 0) : null,
    change: row.change,
  }
}

function entryAt(db: ReadableDb, archive: FoundArchive, path: number): EntryColumns | null {
  return (
    prepared<Record<string, unknown>, EntryColumns>(db, GET_ENTRY).get({ path, series: archive.series, number: archive.number }) ?? null
  )
}
