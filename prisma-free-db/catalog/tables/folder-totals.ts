import { inTransaction, prepared, type WritableDb } from '../../handle.ts'
import { bulkInsert } from '../bulk-insert.ts'
import { type DeltaRow, type EntryRow, isSameThing } from '../entry-row.ts'

interface Difference {
  files: number
  bytes: number
}

const ROWS_A_TRANSACTION = 5000

/**
 * Sums what an archive changed below each folder, and writes the new totals. A folder gets a row when anything below it
 * changed, also when the sums stayed equal: `since` is then the newest archive that changed something in there.
 */
export class FolderTotals {
  readonly #differences = new Map<number, Difference>()

  /** Takes a change of an entry of this folder into account. */
  add(folder: number, change: DeltaRow): void {
    const { before, after } = change
    if (before && after && isSameThing(before, after)) return
    if (before?.type === 'dir' && (after === null || after.type === 'dir')) return
    if (before === null && after?.type === 'dir') return
    const difference = this.#of(folder)
    difference.files += countOf(after) - countOf(before)
    difference.bytes += bytesOf(after) - bytesOf(before)
  }

  /** Adds each folder's difference to all folders above it and writes the rows, in several transactions. */
  write(db: WritableDb, series: number, number: number, parentOf: (folder: number) => number | null): void {
    const direct = [...this.#differences].map(([folder, difference]) => ({ folder, ...difference }))
    for (const { folder, files, bytes } of direct) {
      for (let above = parentOf(folder); above !== null; above = parentOf(above)) {
        const difference = this.#of(above)
        difference.files += files
        difference.bytes += bytes
      }
    }
    const all = [...this.#differences]
    for (let at = 0; at < all.length; at += ROWS_A_TRANSACTION) {
      inTransaction(db, () => writeRows(db, series, number, all.slice(at, at + ROWS_A_TRANSACTION)))
    }
  }

  #of(folder: number): Difference {
    let difference = this.#differences.get(folder)
    if (!difference) this.#differences.set(folder, (difference = { files: 0, bytes: 0 }))
    return difference
  }
}

function writeRows(db: WritableDb, series: number, number: number, differences: [number, Difference][]): void {
  const newest = prepared<[number, number], Difference>(
    db,
    'SELECT files, bytes FROM folder_totals WHERE path = ? AND series = ? ORDER BY since DESC LIMIT 1',
  )
  const values: unknown[] = []
  for (const [folder, difference] of differences) {
    const before = newest.get(folder, series) ?? { files: 0, bytes: 0 }
    values.push(folder, series, number, before.files + difference.files, before.bytes + difference.bytes)
  }
  bulkInsert(db, 'INSERT INTO folder_totals (path, series, since, files, bytes)', '(?, ?, ?, ?, ?)', 5, values)
}

/** Links are no files: they have no content of their own. */
function countOf(entry: EntryRow | null): number {
  return entry?.type === 'file' || entry?.type === 'hardlink' ? 1 : 0
}

function bytesOf(entry: EntryRow | null): number {
  return entry?.type === 'file' ? entry.sizeBytes : 0
}
