import { inTransaction, prepared, type WritableDb } from '../../handle.ts'

/** A mutation that was sent with a key before. */
export interface KnownRequest {
  requestDigest: string
  /** Null while it is under way, or was when its process ended. */
  status: number | null
  /** JSON; null as long as there is no status, and for answers that are shown once. */
  answer: string | null
  createdAt: string
}

/** Claims a key for a request; gives what was sent with it before, or null when it is this request's now. Older ones than `since` are forgotten. */
export function claimKey(
  db: WritableDb,
  claim: { person: string; key: string; requestDigest: string; createdAt: string; since: string },
): KnownRequest | null {
  return inTransaction(db, () => {
    prepared<[string]>(db, 'DELETE FROM idempotency WHERE created_at < ?').run(claim.since)
    const { changes } = prepared<Record<string, unknown>>(
      db,
      `INSERT INTO idempotency (person, key, request_digest, created_at) VALUES (:person, :key, :requestDigest, :createdAt)
       ON CONFLICT DO NOTHING`,
    ).run({ person: claim.person, key: claim.key, requestDigest: claim.requestDigest, createdAt: claim.createdAt })
    return changes === 1 ? null : findKey(db, claim.person, claim.key)
  })
}

/** What is known of a key; null when nothing is. */
export function findKey(db: WritableDb, person: string, key: string): KnownRequest | null {
  return (
    prepared<[string, string], KnownRequest>(
      db,
      `SELECT request_digest AS requestDigest, status, answer, created_at AS createdAt FROM idempotency WHERE person = ? AND key = ?`,
    ).get(person, key) ?? null
  )
}

/** Keeps an answer for whoever sends the key again. */
export function keepAnswer(db: WritableDb, person: string, key: string, status: number, answer: string | null): void {
  prepared<Record<string, unknown>>(
    db,
    'UPDATE idempotency SET status = :status, answer = :answer WHERE person = :person AND key = :key',
  ).run({
    person,
    key,
    status,
    answer,
  })
}

/** Gives a key back: what was sent with it did nothing. */
export function releaseKey(db: WritableDb, person: string, key: string): void {
  prepared<[string, string]>(db, 'DELETE FROM idempotency WHERE person = ? AND key = ?').run(person, key)
}
