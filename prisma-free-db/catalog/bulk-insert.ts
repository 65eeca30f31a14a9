import { prepared, type WritableDb } from '../handle.ts'

/** Rows in one statement: entering SQLite once for 50 rows takes less than half the time of 50 calls (measured). */
const ROWS_A_STATEMENT = 50

/**
 * Inserts many rows. `head` is the statement up to VALUES, `tuple` one row's placeholders, `values` the rows back to back,
 * `width` values each.
 */
export function bulkInsert(db: WritableDb, head: string, tuple: string, width: number, values: unknown[]): void {
  const many = prepared<unknown[]>(db, `${head} VALUES ${Array(ROWS_A_STATEMENT).fill(tuple).join(', ')}`)
  const one = prepared<unknown[]>(db, `${head} VALUES ${tuple}`)
  const step = ROWS_A_STATEMENT * width
  let at = 0
  for (; at + step <= values.length; at += step) many.run(values.slice(at, at + step))
  for (; at < values.length; at += width) one.run(values.slice(at, at + width))
}
