import type { Role } from '#lib/contracts/rights.ts'
import { prepared, type ReadableDb, type WritableDb } from '../../handle.ts'

/** A person who can sign in; the auth library owns the row. */
export interface PersonRecord {
  id: string
  name: string
  email: string
  role: Role
  createdAt: string
}

/** How many people can sign in; 0 = first-run set-up. */
export function countPeople(db: ReadableDb): number {
  return prepared<[], { people: number }>(db, 'SELECT COUNT(*) AS people FROM "user"').get()!.people
}

/** Everybody, by name. */
export function listPeople(db: ReadableDb): PersonRecord[] {
  return prepared<[], PersonRecord>(db, 'SELECT "id", "name", "email", "role", "createdAt" FROM "user" ORDER BY "name", "id"').all()
}

/** Gives a person another role; false when there is no such person. Refuses, also false, to take the last admin's role away. */
export function setRole(db: WritableDb, id: string, role: Role): boolean {
  return (
    prepared<{ id: string; role: Role }>(
      db,
      `UPDATE "user" SET "role" = :role
       WHERE "id" = :id
         AND (:role = 'admin' OR EXISTS (SELECT 1 FROM "user" AS other WHERE other."role" = 'admin' AND other."id" <> :id))`,
    ).run({ id, role }).changes === 1
  )
}
