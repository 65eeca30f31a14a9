import { prepared, type ReadableDb } from '../../handle.ts'

/** The SQL of it: one look at an index for each day. */
export const AUDIT_DAYS = `WITH RECURSIVE days (day) AS (
    SELECT date(:from) UNION ALL SELECT date(day, '+1 day') FROM days WHERE day < date(:to)
  )
  SELECT day FROM days WHERE EXISTS (SELECT 1 FROM audit WHERE at >= day AND at < date(day, '+1 day')) ORDER BY day`

/** Days in UTC (`2026-11-24`) from `from` to `to` of which the audit log has a line, oldest first. */
export function listAuditDays(db: ReadableDb, from: string, to: string): string[] {
  return prepared<Record<string, unknown>, { day: string }>(db, AUDIT_DAYS)
    .all({ from, to })
    .map(({ day }) => day)
}
