import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId } from '#lib/base/ids.ts'
import type { Found } from '#lib/contracts/archive.ts'
import { decodeCursor, encodeCursor, pageLimit } from '../../cursor.ts'
import { inSnapshot, prepared, type ReadableDb } from '../../handle.ts'
import { IS_VISIBLE } from '../archive-summary.ts'
import { ENTRY_COLUMNS, type EntryColumns, entryDto } from '../entry-row.ts'
import { parsePattern, type SearchPattern } from '../search-pattern.ts'
import { pathText } from '../tables/paths.ts'
import { type FoundArchive, requireArchive } from './find-archive.ts'
import { namesSql, nodeValues, requireFolder, VERSION_AT } from './list-folder.ts'

/** Where to search: one archive (and one folder of it), one workspace, or everything. */
export interface SearchRequest {
  pattern: string
  archiveId?: string
  workspaceId?: string
  /** Only with `archiveId`: this folder and all below it; a text under 3 characters looks at its own children only. */
  folder?: string
  cursor?: string | null
  limit?: number
}

interface Candidate {
  path: number
  parent: number
  name: string
  /** Only when one archive is searched. */
  isThere?: number
}

interface VersionRow extends EntryColumns {
  series: number
  since: number
  until: number | null
}

interface Seen {
  id: ArchiveId
  createdAtMs: number
}

/** How much one call does: a search for something rare among common names gives a short page and a cursor, not a long wait. */
const BOUNDS = {
  /** Names that have all trigrams of the text; most may have them in another order. */
  hits: 10_000,
  /** Names of those that match. */
  candidates: 3000,
  /** After a first try with as many as are wanted: each time the index finds its place again. */
  atOnce: 1000,
}

/** The SQL of where so many hits of trigrams end; no row = there are fewer. */
export const HITS_END = `SELECT s.rowid AS path FROM path_search s WHERE path_search MATCH :match AND s.rowid > :after ORDER BY s.rowid LIMIT 1 OFFSET :before`

/**
 * The SQL of candidates by trigrams, in the order in which the workspace first had them, among so many hits. The hits come from a co-routine in their
 * order, so that a page that is full soon looks at no more of them than it takes.
 */
export const CANDIDATES_BY_NAME = `SELECT p.path, p.parent, COALESCE(p.text, CAST(p.name AS TEXT)) AS name
  FROM (SELECT s.rowid AS path FROM path_search s WHERE path_search MATCH :match AND s.rowid > :after ORDER BY s.rowid LIMIT :hits) h
  CROSS JOIN paths p ON p.path = h.path
  WHERE (:workspace IS NULL OR p.workspace = :workspace)
    AND COALESCE(p.text, CAST(p.name AS TEXT)) LIKE :nameLike ESCAPE '!'
  LIMIT :limit`

/** The same for one archive, saying of each whether that archive has it: most may be long gone. */
export const CANDIDATES_IN_ARCHIVE = `SELECT c.path, c.parent, c.name, EXISTS (SELECT 1 FROM entry_versions v WHERE ${VERSION_AT('v', 'c.path', ':number')}) AS isThere
  FROM (${CANDIDATES_BY_NAME}) c ORDER BY c.path`

/** The SQL of candidates among the children of one folder, from so many nodes of `folder_names`. */
export function candidatesInFolder(nodes: number): string {
  return `SELECT n.path, p.parent, COALESCE(p.text, CAST(p.name AS TEXT)) AS name
    FROM (${namesSql(nodes, "AND COALESCE(q.text, CAST(q.name AS TEXT)) LIKE :nameLike ESCAPE '!'")}) n
    CROSS JOIN paths p ON p.path = n.path
    ORDER BY n.name`
}

/** The SQL of the version of a path that an archive sees. */
export const VERSION_IN_ARCHIVE = `SELECT v.series, v.since, v.until, ${ENTRY_COLUMNS('v')} FROM entry_versions v WHERE ${VERSION_AT('v', ':path', ':number')}`

/** The SQL of the oldest and the newest visible archive of a series between two numbers (`past` excluded). */
export const SEEN = {
  first: seenSql('ASC'),
  last: seenSql('DESC'),
}

/**
 * Paths by name, each with its newest version in what is searched, and the oldest and newest archive that hold that version.
 * A page may be short, or empty, while `nextCursor` says that there is more to look through. Throws `archive_unknown`,
 * `path_unknown`, or `invalid_input` for a text under 3 characters outside of a folder.
 */
export function searchNames(db: ReadableDb, request: SearchRequest, bounds = BOUNDS): { rows: Found[]; nextCursor: string | null } {
  const limit = pageLimit(request.limit, 50, 500)
  const [after] = decodeCursor('search', request.cursor, ['number']) ?? [0]
  const pattern = parsePattern(request.pattern)
  return inSnapshot(db, () => {
    const search = new Search(db, request, pattern)
    const rows: Found[] = []
    let at = after
    for (let looked = 0; looked < bounds.candidates; ) {
      const wanted = Math.min(bounds.candidates - looked, looked === 0 ? limit + 1 : bounds.atOnce)
      const begun = at
      const candidates = search.candidates({ after: begun, hits: bounds.hits, limit: wanted })
      for (const candidate of candidates) {
        const found = search.look(candidate)
        if (found && rows.length === limit) return { rows, nextCursor: encodeCursor('search', [at]) }
        if (found) rows.push(found)
        at = candidate.path
      }
      if (candidates.length < wanted) {
        const end = search.endOfHits(begun, bounds.hits)
        return { rows, nextCursor: end === null ? null : encodeCursor('search', [end]) }
      }
      looked += candidates.length
    }
    return { rows, nextCursor: encodeCursor('search', [at]) }
  })
}

class Search {
  readonly #db: ReadableDb
  readonly #pattern: SearchPattern
  readonly #archive: FoundArchive | null
  readonly #workspace: number | null
  readonly #folder: { id: number; path: string } | null
  readonly #paths = new Map<number, string>()
  readonly #fits = new Map<number, boolean>()
  readonly #archives = new Map<string, Seen | undefined>()

  constructor(db: ReadableDb, request: SearchRequest, pattern: SearchPattern) {
    this.#db = db
    this.#pattern = pattern
    this.#archive = request.archiveId === undefined ? null : requireArchive(db, request.archiveId)
    this.#workspace = this.#archive?.workspace ?? workspaceOf(db, request.workspaceId)
    const path = request.folder ?? ''
    this.#folder = this.#archive && request.folder !== undefined ? { id: requireFolder(db, this.#archive, path), path } : null
    if (pattern.match === null && !this.#folder) {
      throw new AppError('invalid_input', {
        message: `${JSON.stringify(request.pattern)} is too short to search everything for.`,
        hint: 'Give at least 3 characters of the name in a row, or search within one folder of an archive.',
      })
    }
  }

  /** Where so many hits end; null = there are no more. */
  endOfHits(after: number, hits: number): number | null {
    const { match } = this.#pattern
    if (match === null) return null
    const end = prepared<Record<string, unknown>, { path: number }>(this.#db, HITS_END).get({ match, after, before: hits - 1 })
    return end?.path ?? null
  }

  candidates({ after, hits, limit }: { after: number; hits: number; limit: number }): Candidate[] {
    const { nameLike, match } = this.#pattern
    if (match === null) return this.#candidatesInFolder(after, nameLike, limit)
    const values = { match, after, hits, workspace: this.#workspace, nameLike, limit }
    if (!this.#archive) return prepared<Record<string, unknown>, Candidate>(this.#db, CANDIDATES_BY_NAME).all(values)
    const { series, number } = this.#archive
    return prepared<Record<string, unknown>, Candidate>(this.#db, CANDIDATES_IN_ARCHIVE).all({ ...values, series, number })
  }

  look(candidate: Candidate): Found | null {
    if (candidate.isThere === 0 || !this.#isInFolder(candidate.parent)) return null
    const newest = this.#archive ? this.#versionIn(candidate.path, this.#archive) : this.#newestVersion(candidate.path)
    if (!newest) return null
    const { version, last } = newest
    const first = this.#seen('first', version)
    if (!first || !last) return null
    const folder = pathText(this.#db, candidate.parent, this.#paths)
    const entry = entryDto(folder === '' ? candidate.name : `${folder}/${candidate.name}`, version)
    return {
      path: entry.path,
      type: entry.type,
      sizeBytes: entry.sizeBytes,
      mtime: entry.mtime,
      sha256: entry.sha256,
      firstArchiveId: first.id,
      lastArchiveId: last.id,
      firstAt: new Date(first.createdAtMs).toISOString(),
      lastAt: new Date(last.createdAtMs).toISOString(),
    }
  }

  #isInFolder(parent: number): boolean {
    let fits = this.#fits.get(parent)
    if (fits !== undefined) return fits
    const path = pathText(this.#db, parent, this.#paths)
    const top = this.#folder?.path ?? ''
    fits = top === '' || path === top || path.startsWith(`${top}/`)
    if (fits && this.#pattern.folderLike !== null) {
      fits =
        prepared<[string, string], { fits: number }>(this.#db, `SELECT ? LIKE ? ESCAPE '!' AS fits`).get(path, this.#pattern.folderLike)!
          .fits === 1
    }
    this.#fits.set(parent, fits)
    return fits
  }

  #candidatesInFolder(after: number, nameLike: string, limit: number): Candidate[] {
    const archive = this.#archive!
    const nodes = nodeValues(archive)
    const last = prepared<[number], { name: Buffer }>(this.#db, 'SELECT name FROM paths WHERE path = ?').get(after)
    return prepared<Record<string, unknown>, Candidate>(this.#db, candidatesInFolder(nodes.count)).all({
      ...nodes.values,
      series: archive.series,
      number: archive.number,
      folder: this.#folder!.id,
      after: last?.name ?? Buffer.alloc(0),
      nameLike,
      limit,
    })
  }

  #versionIn(path: number, { series, number }: FoundArchive): { version: VersionRow; last: Seen | undefined } | null {
    const version = prepared<Record<string, unknown>, VersionRow>(this.#db, VERSION_IN_ARCHIVE).get({ path, series, number })
    return version ? { version, last: this.#seen('last', version) } : null
  }

  /** The version that the newest visible archive of any series holds. */
  #newestVersion(path: number): { version: VersionRow; last: Seen } | null {
    const versions = prepared<[number], VersionRow>(
      this.#db,
      `SELECT v.series, v.since, v.until, ${ENTRY_COLUMNS('v')} FROM entry_versions v WHERE v.path = ? ORDER BY v.series, v.since`,
    ).all(path)
    let newest: { version: VersionRow; last: Seen } | null = null
    let doneSeries: number | null = null
    for (const version of versions.reverse()) {
      if (version.series === doneSeries) continue
      const last = this.#seen('last', version)
      if (!last) continue
      doneSeries = version.series
      if (!newest || last.createdAtMs > newest.last.createdAtMs) newest = { version, last }
    }
    return newest
  }

  /** Most versions of a page came, or went, with the same archive. */
  #seen(which: keyof typeof SEEN, { series, since, until }: VersionRow): Seen | undefined {
    const key = `${which} ${series} ${since} ${until}`
    if (!this.#archives.has(key)) {
      const values = { series, since, past: until ?? Number.MAX_SAFE_INTEGER }
      this.#archives.set(key, prepared<Record<string, unknown>, Seen>(this.#db, SEEN[which]).get(values))
    }
    return this.#archives.get(key)
  }
}

function workspaceOf(db: ReadableDb, id: string | undefined): number | null {
  if (id === undefined) return null
  // A workspace without archives has nothing to find; no row has number 0.
  return prepared<[string], { workspace: number }>(db, 'SELECT workspace FROM workspaces WHERE id = ?').get(id)?.workspace ?? 0
}

function seenSql(direction: 'ASC' | 'DESC'): string {
  return `SELECT a.id, a.created_at_ms AS createdAtMs FROM archives a
     WHERE a.series = :series AND a.number >= :since AND a.number < :past AND ${IS_VISIBLE}
     ORDER BY a.number ${direction} LIMIT 1`
}
