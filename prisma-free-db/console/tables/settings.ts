import { inTransaction, prepared, type ReadableDb, type WritableDb } from '../../handle.ts'

/** The stored value of a setting, or null when it was never set; the caller checks its shape. */
export function getSetting(db: ReadableDb, key: string): unknown {
  const row = prepared<[string], { value: string }>(db, 'SELECT value FROM settings WHERE key = ?').get(key)
  return row ? JSON.parse(row.value) : null
}

/** Stores a setting as JSON; null takes it away. */
export function putSetting(db: WritableDb, key: string, value: unknown, updatedAt: string): void {
  if (value === null || value === undefined) {
    prepared<[string]>(db, 'DELETE FROM settings WHERE key = ?').run(key)
    return
  }
  prepared<[string, string, string]>(
    db,
    `INSERT INTO settings (key, value, updated_at) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
  ).run(key, JSON.stringify(value), updatedAt)
}

/** Remembers a fresh set-up token by its hash; older unused ones stop working. */
export function putSetupToken(db: WritableDb, tokenHash: string, createdAt: string): void {
  inTransaction(db, () => {
    prepared<[]>(db, 'DELETE FROM setup_tokens WHERE used_at IS NULL').run()
    prepared<[string, string]>(db, 'INSERT INTO setup_tokens (token_hash, created_at) VALUES (?, ?)').run(tokenHash, createdAt)
  })
}

/** Uses a set-up token up; false when it is unknown or was used before. */
export function spendSetupToken(db: WritableDb, tokenHash: string, usedAt: string): boolean {
  return (
    prepared<[string, string]>(db, 'UPDATE setup_tokens SET used_at = ? WHERE token_hash = ? AND used_at IS NULL').run(usedAt, tokenHash)
      .changes === 1
  )
}

/** Whether this token's hash could still be used. */
export function isSetupTokenOpen(db: ReadableDb, tokenHash: string): boolean {
  return prepared<[string]>(db, 'SELECT 1 FROM setup_tokens WHERE token_hash = ? AND used_at IS NULL').get(tokenHash) !== undefined
}
