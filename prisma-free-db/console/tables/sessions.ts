import { prepared, type ReadableDb, type WritableDb } from '../../handle.ts'

/** A browser that is signed in; the auth library owns the row. */
export interface SessionRecord {
  id: string
  userId: string
  createdAt: string
  /** When it was last renewed by use. */
  updatedAt: string
  expiresAt: string
  ipAddress: string | null
  userAgent: string | null
}

/** Those of one person that are not over, last used first. */
export function listSessions(db: ReadableDb, userId: string, now: string): SessionRecord[] {
  return prepared<[string, string], SessionRecord>(
    db,
    `SELECT "id", "userId", "createdAt", "updatedAt", "expiresAt", "ipAddress", "userAgent" FROM "session"
     WHERE "userId" = ? AND "expiresAt" > ? ORDER BY "updatedAt" DESC, "id"`,
  ).all(userId, now)
}

/** When somebody signed in for a session that goes on, as ISO 8601 UTC; null when it is over. */
export function openSessionSince(db: ReadableDb, id: string, now: string): string | null {
  const row = prepared<[string, string], { createdAt: string }>(
    db,
    'SELECT "createdAt" FROM "session" WHERE "id" = ? AND "expiresAt" > ?',
  ).get(id, now)
  return row?.createdAt ?? null
}

/** Ends one session of a person; false when there is none of that id. */
export function endSession(db: WritableDb, id: string, userId: string): boolean {
  return prepared<[string, string]>(db, 'DELETE FROM "session" WHERE "id" = ? AND "userId" = ?').run(id, userId).changes === 1
}

/** Ends all sessions of a person; gives how many there were. */
export function endSessions(db: WritableDb, userId: string): number {
  return prepared<[string]>(db, 'DELETE FROM "session" WHERE "userId" = ?').run(userId).changes
}
