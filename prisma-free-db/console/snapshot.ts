import Database from 'better-sqlite3'
import { prepared, type WritableDb } from '../handle.ts'

/** What nobody needs on another host: what opens doors, and what is over in minutes. */
const LEFT_OUT = ['"session"', '"verification"', '"rateLimit"', 'setup_tokens', 'idempotency']

/** Writes the whole database as it is now into a new file, without sessions and one-time links; nothing of these stays in its free pages. */
export function snapshotConsole(db: WritableDb, path: string): void {
  prepared<[string]>(db, 'VACUUM INTO ?').run(path)
  inFile(path, (copy) => {
    for (const table of LEFT_OUT) copy.exec(`DELETE FROM ${table}`)
    copy.exec('VACUUM')
  })
}

/** Ends two-step sign-in for everybody in a database that is not open: its secrets are sealed with a key of the host that it was on. Gives how many had it. */
export function endTwoStepInFile(path: string): number {
  return inFile(path, (db) => {
    db.exec('DELETE FROM "twoFactor"')
    return db.prepare('UPDATE "user" SET "twoFactorEnabled" = 0 WHERE "twoFactorEnabled" <> 0').run().changes
  })
}

/** What a copy holds, for people; throws when it is no such database. */
export function countInFile(path: string): { people: number; workspaces: number } {
  return inFile(path, (db) =>
    db.prepare('SELECT (SELECT COUNT(*) FROM "user") AS people, (SELECT COUNT(*) FROM workspaces) AS workspaces').get(),
  ) as {
    people: number
    workspaces: number
  }
}

function inFile<T>(path: string, work: (db: Database.Database) => T): T {
  const db = new Database(path, { fileMustExist: true })
  try {
    // One file is what is copied: no log stays beside it.
    db.pragma('journal_mode = DELETE')
    return work(db)
  } finally {
    db.close()
  }
}
