import type { WorkspaceId } from '#lib/base/ids.ts'
import type { Role, WorkspaceRole } from '#lib/contracts/rights.ts'
import { inTransaction, prepared, type ReadableDb, type WritableDb } from '../../handle.ts'

/** Where somebody has which role. */
export interface Access {
  role: Role
  /** Whether the role counts in every workspace that is not named below; else only in those, as it stands there. */
  everywhere: boolean
  /** Other roles in single workspaces; `none` = not even to be seen. */
  workspaces: { workspaceId: WorkspaceId; role: WorkspaceRole }[]
}

/** A person who can sign in; the auth library owns the row. */
export interface PersonRecord extends Access {
  id: string
  name: string
  email: string
  createdAt: string
  /** When an admin took the right to sign in away; null = never. */
  disabledAt: string | null
  /** Whether a code is asked for after the password. */
  twoStep: boolean
  /** False for who only comes by a provider. */
  hasPassword: boolean
  /** Newest use of any session; null = none is open. */
  lastSeenAt: string | null
}

type Row = Omit<PersonRecord, 'everywhere' | 'twoStep' | 'hasPassword' | 'workspaces'> & {
  everywhere: number
  twoStep: number | null
  hasPassword: number
}

const SELECT = `SELECT "id", "name", "email", "role", "everywhere", "createdAt", "disabledAt", "twoFactorEnabled" AS "twoStep",
    EXISTS (SELECT 1 FROM "account" AS a WHERE a."userId" = "user"."id" AND a."providerId" = 'credential') AS "hasPassword",
    (SELECT MAX(s."updatedAt") FROM "session" AS s WHERE s."userId" = "user"."id") AS "lastSeenAt" FROM "user"`

/** How many people there are, disabled ones included; 0 = first-run set-up. */
export function countPeople(db: ReadableDb): number {
  return prepared<[], { people: number }>(db, 'SELECT COUNT(*) AS people FROM "user"').get()!.people
}

/** Everybody, by name. */
export function listPeople(db: ReadableDb): PersonRecord[] {
  return prepared<[], Row>(db, `${SELECT} ORDER BY "name", "id"`)
    .all()
    .map((row) => personOf(db, row))
}

/** One of them; null when there is none of that id. */
export function getPerson(db: ReadableDb, id: string): PersonRecord | null {
  const row = prepared<[string], Row>(db, `${SELECT} WHERE "id" = ?`).get(id)
  return row ? personOf(db, row) : null
}

/** The same by e-mail address. */
export function findPerson(db: ReadableDb, email: string): PersonRecord | null {
  const row = prepared<[string], Row>(db, `${SELECT} WHERE "email" = ? COLLATE NOCASE`).get(email)
  return row ? personOf(db, row) : null
}

/** Changes what somebody may do; false, and nothing is changed, when nobody could manage people any more. */
export function setAccess(db: WritableDb, id: string, access: Access, disabledAt: string | null): boolean {
  return inTransaction(db, () => {
    const stays = access.role === 'admin' && disabledAt === null
    const { others } = prepared<[string], { others: number }>(
      db,
      `SELECT COUNT(*) AS others FROM "user" WHERE "role" = 'admin' AND "disabledAt" IS NULL AND "id" <> ?`,
    ).get(id)!
    if (!stays && others === 0) return false
    prepared<Record<string, unknown>>(
      db,
      'UPDATE "user" SET "role" = :role, "everywhere" = :everywhere, "disabledAt" = :disabledAt WHERE "id" = :id',
    ).run({ id, role: access.role, everywhere: access.everywhere ? 1 : 0, disabledAt })
    prepared<[string]>(db, 'DELETE FROM workspace_roles WHERE user_id = ?').run(id)
    const insert = prepared<[string, string, string]>(db, 'INSERT INTO workspace_roles (user_id, workspace_id, role) VALUES (?, ?, ?)')
    for (const { workspaceId, role } of access.workspaces) insert.run(id, workspaceId, role)
    return true
  })
}

/** Takes the second step of somebody's sign-in away; false when there was none. */
export function removeTwoStep(db: WritableDb, id: string): boolean {
  return inTransaction(db, () => {
    prepared<[string]>(db, 'UPDATE "user" SET "twoFactorEnabled" = 0 WHERE "id" = ?').run(id)
    return prepared<[string]>(db, 'DELETE FROM "twoFactor" WHERE "userId" = ?').run(id).changes > 0
  })
}

function personOf(db: ReadableDb, row: Row): PersonRecord {
  const workspaces = prepared<[string], { workspaceId: WorkspaceId; role: WorkspaceRole }>(
    db,
    'SELECT workspace_id AS workspaceId, role FROM workspace_roles WHERE user_id = ? ORDER BY workspace_id',
  ).all(row.id)
  return { ...row, everywhere: row.everywhere === 1, twoStep: row.twoStep === 1, hasPassword: row.hasPassword === 1, workspaces }
}
