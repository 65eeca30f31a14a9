import type { WritableDb } from '#db/handle.ts'
import type { Role } from '#lib/contracts/rights.ts'

interface NewPerson {
  id: string
  name: string
  email: string
  role: Role
  twoStep?: boolean
  disabledAt?: string | null
}

/** Puts somebody into a home as the auth library would, with a password that nothing fits. */
export function putPerson(db: WritableDb, { id, name, email, role, twoStep = false, disabledAt = null }: NewPerson): void {
  const now = new Date().toISOString()
  db.prepare(
    `INSERT INTO "user" ("id", "name", "email", "emailVerified", "createdAt", "updatedAt", "role", "twoFactorEnabled", "disabledAt")
     VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?)`,
  ).run(id, name, email, now, now, role, twoStep ? 1 : 0, disabledAt)
  db.prepare(
    `INSERT INTO "account" ("id", "accountId", "providerId", "userId", "password", "createdAt", "updatedAt") VALUES (?, ?, 'credential', ?, '-', ?, ?)`,
  ).run(`${id}-password`, id, id, now, now)
  if (twoStep)
    db.prepare(`INSERT INTO "twoFactor" ("id", "secret", "backupCodes", "userId") VALUES (?, '-', '-', ?)`).run(`${id}-two-step`, id)
}
