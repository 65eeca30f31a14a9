import type { ArchiveId } from '#lib/base/ids.ts'
import { inSnapshot, prepared, type ReadableDb } from '../../handle.ts'
import { IS_VISIBLE } from '../archive-summary.ts'
import { pathText } from '../tables/paths.ts'

/** A version of a file, path and content, that no archive which stays holds. */
export interface LostVersion {
  path: string
  sizeBytes: number
  /** The newest archive that holds it; it goes. */
  archiveId: ArchiveId
  /** No other version of the file stays either. */
  isWholeFile: boolean
}

interface Numbered {
  id: ArchiveId
  number: number
}

interface Series {
  /** Numbers that stay, ascending. */
  kept: number[]
  /** Archives that go, ascending. */
  going: Numbered[]
}

interface VersionRow {
  path: number
  since: number
  until: number | null
  size: number
  sha256: Buffer
}

/** The SQL of versions that ended, and of those that have not: the first are few, since an unchanged file has one version. */
export const VERSIONS = {
  ended: `SELECT path, since, until, size, sha256 FROM entry_versions INDEXED BY entry_versions_until
    WHERE series = :series AND until IS NOT NULL AND until > :from AND since <= :to AND type = 'f' AND size > 0`,
  open: `SELECT path, since, until, size, sha256 FROM entry_versions INDEXED BY entry_versions_since
    WHERE series = :series AND until IS NULL AND since <= :to AND type = 'f' AND size > 0`,
  ofPath: `SELECT series, since, until, sha256 FROM entry_versions WHERE path = :path AND type = 'f'`,
}

/** Every version of a file that would be in no archive of the workspace any more without those in `forget`; in no order. */
export function listLostVersions(
  db: ReadableDb,
  workspaceId: string,
  forget: ReadonlySet<ArchiveId>,
  each: (lost: LostVersion) => void,
): void {
  inSnapshot(db, () => {
    const series = readSeries(db, workspaceId, forget)
    const folders = new Map<number, string>()
    for (const [id, one] of series) {
      if (one.going.length === 0) continue
      for (const row of candidatesOf(db, id, one)) {
        const holder = newestWithin(one.going, row)
        if (!holder || hasWithin(one.kept, row)) continue
        const stays = whatStays(db, row, series)
        if (stays === 'version') continue
        each({ path: pathText(db, row.path, folders), sizeBytes: row.size, archiveId: holder.id, isWholeFile: stays === 'nothing' })
      }
    }
  })
}

function readSeries(db: ReadableDb, workspaceId: string, forget: ReadonlySet<ArchiveId>): Map<number, Series> {
  const rows = prepared<[string], { id: ArchiveId; series: number; number: number }>(
    db,
    `SELECT a.id, a.series, a.number FROM archives a
     WHERE a.workspace = (SELECT workspace FROM workspaces WHERE id = ?) AND ${IS_VISIBLE} ORDER BY a.series, a.number`,
  ).all(workspaceId)
  const series = new Map<number, Series>()
  for (const { id, series: of, number } of rows) {
    let one = series.get(of)
    if (!one) series.set(of, (one = { kept: [], going: [] }))
    if (forget.has(id)) one.going.push({ id, number })
    else one.kept.push(number)
  }
  return series
}

function* candidatesOf(db: ReadableDb, series: number, { kept, going }: Series): Generator<VersionRow> {
  const [from, to] = [going[0]!.number, going.at(-1)!.number]
  yield* prepared<Record<string, unknown>, VersionRow>(db, VERSIONS.ended).all({ series, from, to })
  // What is still so is in the newest archive of the series; where that one stays, so does it.
  if ((kept.at(-1) ?? -1) < to) yield* prepared<Record<string, unknown>, VersionRow>(db, VERSIONS.open).all({ series, to })
}

function whatStays(db: ReadableDb, { path, sha256 }: VersionRow, series: ReadonlyMap<number, Series>): 'version' | 'file' | 'nothing' {
  let stays: 'file' | 'nothing' = 'nothing'
  for (const other of prepared<Record<string, unknown>, VersionRow & { series: number }>(db, VERSIONS.ofPath).all({ path })) {
    if (!hasWithin(series.get(other.series)?.kept ?? [], other)) continue
    if (other.sha256.equals(sha256)) return 'version'
    stays = 'file'
  }
  return stays
}

type Span = Pick<VersionRow, 'since' | 'until'>

/** Whether one of these numbers, ascending, lies in a span. */
function hasWithin(numbers: readonly number[], { since, until }: Span): boolean {
  const first = numbers[firstFrom(numbers.length, (i) => numbers[i]! >= since)]
  return first !== undefined && (until === null || first < until)
}

function newestWithin(archives: readonly Numbered[], { since, until }: Span): Numbered | null {
  const past = until === null ? archives.length : firstFrom(archives.length, (i) => archives[i]!.number >= until)
  const newest = archives[past - 1]
  return newest && newest.number >= since ? newest : null
}

/** The first of so many places at which something begins to hold. */
function firstFrom(length: number, holds: (i: number) => boolean): number {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}
