import type { Migration } from '../../migrate.ts'

/**
 * Restores in place that wait for a second person, and the workspaces that ask for one (no row = none is asked for). `request` and `digest` are
 * those of the plan that was reviewed. Times are ISO 8601 in UTC.
 */
export const restoreApprovals: Migration = {
  name: 'restore-approvals',
  up: (db) =>
    db.exec(`
      CREATE TABLE restore_rules (
        workspace_id TEXT NOT NULL PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
        second_person INTEGER NOT NULL CHECK (second_person IN (0, 1)),
        updated_at TEXT NOT NULL
      ) STRICT;

      CREATE TABLE restore_approvals (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        workspace_id TEXT NOT NULL,
        workspace TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('open', 'started', 'rejected', 'expired', 'void')),
        request TEXT NOT NULL CHECK (json_valid(request)),
        digest TEXT NOT NULL,
        note TEXT,
        asked_at TEXT NOT NULL,
        asked_by TEXT NOT NULL,
        asked_by_id TEXT,
        expires_at TEXT NOT NULL,
        decided_at TEXT,
        decided_by TEXT,
        decision TEXT,
        end_reason TEXT,
        job_id TEXT,
        CHECK ((decided_at IS NULL) = (decided_by IS NULL))
      ) STRICT;
      CREATE INDEX restore_approvals_by_workspace ON restore_approvals (workspace_id, number);
      CREATE UNIQUE INDEX restore_approvals_waiting ON restore_approvals (workspace_id) WHERE status = 'open';
    `),
}
