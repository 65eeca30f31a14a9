import { prepared, type ReadableDb } from '../../handle.ts'
import { type EntryRow, TYPE_OF, type TypeLetter } from '../entry-row.ts'
import { findPath, pathText } from '../tables/paths.ts'

/** An entry with the number of its path. */
export interface CurrentEntry {
  id: number
  entry: EntryRow
}

interface Row {
  path: bigint
  type: TypeLetter
  size: bigint
  mtime_ns: bigint
  mode: bigint
  uid: bigint
  gid: bigint
  sha256: Buffer | null
  link: string | null
}

const COLUMNS = 'v.path, v.type, v.size, v.mtime_ns, v.mode, v.uid, v.gid, v.sha256, v.link'

/** The SQL of what a series holds now, as far as it came before an archive number. The `+` keep it on the primary key, in order. */
export const CURRENT_ENTRIES = `SELECT ${COLUMNS} FROM entry_versions v
  WHERE v.path > :after AND +v.series = :series AND v.until IS NULL AND +v.since < :before
  ORDER BY v.path LIMIT 2000`

/** What a path of a workspace is in a series as of its newest archive, to the nanosecond; null = nothing. */
export function currentEntry(db: ReadableDb, series: number, root: number, path: string): CurrentEntry | null {
  const id = findPath(db, root, path)
  if (id === null) return null
  const row = exact<[number, number]>(
    db,
    `SELECT ${COLUMNS} FROM entry_versions v WHERE v.path = ? AND v.series = ? AND v.until IS NULL`,
  ).get(id, series)
  return row ? { id, entry: entryRow(path, row) } : null
}

/** Everything a series holds that came before an archive number, by number of path. Rows may be written while it runs. */
export function* currentEntries(db: ReadableDb, series: number, before: number): Generator<CurrentEntry> {
  const known = new Map<number, string>()
  let after = 0
  for (;;) {
    const rows = exact<Record<string, unknown>>(db, CURRENT_ENTRIES).all({ series, before, after })
    for (const row of rows) {
      after = Number(row.path)
      yield { id: after, entry: entryRow(pathText(db, after, known), row) }
      known.delete(after)
    }
    if (rows.length === 0) return
  }
}

function exact<P extends unknown[] | Record<string, unknown>>(db: ReadableDb, sql: string) {
  return prepared<P, Row>(db, sql).safeIntegers(true)
}

function entryRow(path: string, row: Row): EntryRow {
  return {
    path,
    type: TYPE_OF[row.type],
    sizeBytes: Number(row.size),
    mtimeNs: row.mtime_ns,
    mode: Number(row.mode),
    uid: Number(row.uid),
    gid: Number(row.gid),
    sha256: row.sha256?.toString('hex') ?? null,
    linkTarget: row.link,
  }
}
