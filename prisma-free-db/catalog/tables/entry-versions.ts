import { AppError } from '#lib/base/errors.ts'
import { prepared, type WritableDb } from '../../handle.ts'
import { bulkInsert } from '../bulk-insert.ts'
import { type EntryRow, LETTER_OF } from '../entry-row.ts'

const NEWEST_NS = 2n ** 63n - 1n

/** Writes what one archive of a series changed. New versions wait in memory until `flush()`, in the same transaction. */
export class VersionWriter {
  readonly #db: WritableDb
  readonly #series: number
  readonly #number: number
  #waiting: unknown[] = []

  constructor(db: WritableDb, series: number, number: number) {
    this.#db = db
    this.#series = series
    this.#number = number
  }

  /** Ends the version that stood until now. Throws `catalog_damaged` when there is none: rows and manifests disagree. */
  close(path: number, text: string): void {
    const done = prepared<[number, number, number]>(
      this.#db,
      'UPDATE entry_versions SET until = ? WHERE path = ? AND series = ? AND until IS NULL',
    ).run(this.#number, path, this.#series)
    if (done.changes === 1) return
    throw new AppError('catalog_damaged', {
      message: `The catalog does not know ${text}, which the archive before had.`,
      hint: 'Make the catalog again with `orchive catalog rebuild`.',
      context: { path: text, number: this.#number },
    })
  }

  /** Adds the version that stands from this archive on. */
  open(path: number, entry: EntryRow): void {
    this.#waiting.push(
      path,
      this.#series,
      this.#number,
      LETTER_OF[entry.type],
      entry.sizeBytes,
      withinInt64(entry.mtimeNs),
      entry.mode,
      entry.uid,
      entry.gid,
      entry.sha256 === null ? null : Buffer.from(entry.sha256, 'hex'),
      entry.linkTarget,
    )
  }

  /** Writes the waiting versions. */
  flush(): void {
    const values = this.#waiting
    this.#waiting = []
    bulkInsert(
      this.#db,
      'INSERT INTO entry_versions (path, series, since, type, size, mtime_ns, mode, uid, gid, sha256, link)',
      '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      11,
      values,
    )
  }
}

/** A time past what 64 bits of nanoseconds hold (the year 2262, 1677) is kept as the last one they do; the manifest has it whole. */
function withinInt64(ns: bigint): bigint {
  return ns > NEWEST_NS ? NEWEST_NS : ns < -NEWEST_NS ? -NEWEST_NS : ns
}
