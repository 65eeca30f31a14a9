import type { Migration } from '../../migrate.ts'

/** When archives of a workspace are verified and drilled; a workspace without a row goes by the defaults. Times are ISO 8601 in UTC. */
export const proofSchedules: Migration = {
  name: 'proof-schedules',
  up: (db) =>
    db.exec(`
      CREATE TABLE proof_schedules (
        workspace_id TEXT NOT NULL PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
        verify_schedule TEXT,
        verify_level TEXT NOT NULL CHECK (verify_level IN ('bytes', 'structure', 'content', 'config')),
        verify_budget_minutes INTEGER NOT NULL CHECK (verify_budget_minutes BETWEEN 1 AND 1440),
        drill_schedule TEXT,
        last_verify_due_at TEXT,
        last_drill_due_at TEXT,
        updated_at TEXT NOT NULL
      ) STRICT;
    `),
}
