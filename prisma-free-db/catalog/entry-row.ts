import type { EntryDto } from '#lib/contracts/archive.ts'

/** What the catalog keeps of one file, folder or link of an archive. */
export interface EntryRow {
  /** Archive path in text form. */
  path: string
  type: 'file' | 'dir' | 'symlink' | 'hardlink'
  sizeBytes: number
  mtimeNs: bigint
  mode: number
  uid: number
  gid: number
  /** SHA-256 of the content, hex; files only. */
  sha256: string | null
  linkTarget: string | null
}

/** One path that two archives of a series disagree about; `null` = it is not there. */
export interface DeltaRow {
  path: string
  before: EntryRow | null
  after: EntryRow | null
}

/** One letter a type, as the rows keep it. */
export type TypeLetter = 'f' | 'd' | 'l' | 'h'

/** The letter of each type. */
export const LETTER_OF: Record<EntryRow['type'], TypeLetter> = { file: 'f', dir: 'd', symlink: 'l', hardlink: 'h' }

/** The type of each letter. */
export const TYPE_OF: Record<TypeLetter, EntryRow['type']> = { f: 'file', d: 'dir', l: 'symlink', h: 'hardlink' }

/** The columns of an entry version that an EntryDto is made of; a table alias goes before each. `hash` is its content hash: as text, since a Buffer a row takes longer than all else of it. */
export const ENTRY_COLUMNS = (alias: string, hash = HASH(alias)) =>
  // Milliseconds rounded down also before 1970: what Date means by a time.
  `${alias}.type, ${alias}.size, (${alias}.mtime_ns - (${alias}.mtime_ns % 1000000 + 1000000) % 1000000) / 1000000 AS mtimeMs,
   ${alias}.mode, ${alias}.uid, ${alias}.gid, ${hash} AS sha256, ${alias}.link`

/** The content hash of an entry version in hex; NULL where it has none. */
export const HASH = (alias: string) => `NULLIF(lower(hex(${alias}.sha256)), '')`

/** A row of ENTRY_COLUMNS. */
export interface EntryColumns {
  type: TypeLetter
  size: number
  mtimeMs: number
  mode: number
  uid: number
  gid: number
  sha256: string | null
  link: string | null
}

/** A row as every transport shows it. */
export function entryDto(path: string, row: EntryColumns): EntryDto {
  return {
    path,
    type: TYPE_OF[row.type],
    sizeBytes: row.size,
    mtime: new Date(row.mtimeMs).toISOString(),
    mode: row.mode.toString(8).padStart(4, '0'),
    uid: row.uid,
    gid: row.gid,
    sha256: row.sha256,
    linkTarget: row.link,
  }
}

/**
 * Whether two entries of one path are the same thing to a person. The time alone does not count: the stock backup script
 * touches every file, and "10,000 changed" would say nothing.
 */
export function isSameThing(a: EntryRow, b: EntryRow): boolean {
  return (
    a.type === b.type &&
    a.sizeBytes === b.sizeBytes &&
    a.sha256 === b.sha256 &&
    a.linkTarget === b.linkTarget &&
    a.mode === b.mode &&
    a.uid === b.uid &&
    a.gid === b.gid
  )
}
