import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ReadableDb } from './handle.ts'

/** A folder of one test's own; `[Symbol.dispose]` takes it away. For tests. */
export function temporaryFolder(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'orchive-db-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** The steps of SQLite's plan for a statement, as its own text. For tests that prove an index is used. */
export function queryPlan(db: ReadableDb, sql: string): string[] {
  const names = new Set([...sql.matchAll(/[:@]([A-Za-z]\w*)/g)].map((match) => match[1]!))
  const values = names.size > 0 ? [Object.fromEntries([...names].map((name) => [name, null]))] : []
  const rows = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[]
  return rows.map((row) => row.detail)
}
