import type { Migration } from '../../migrate.ts'

/**
 * Retention: policies (`default` is the row that all workspaces inherit from; a workspace's row holds only what differs), who has to agree and when
 * proposals are raised, and the proposals themselves with their frozen plans. Times are ISO 8601 in UTC.
 */
export const retention: Migration = {
  name: 'retention',
  up: (db) =>
    db.exec(`
      CREATE TABLE retention_policies (
        scope TEXT NOT NULL PRIMARY KEY,
        policy TEXT NOT NULL CHECK (json_valid(policy)),
        updated_at TEXT NOT NULL
      ) STRICT;

      CREATE TABLE retention_settings (
        workspace_id TEXT NOT NULL PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
        second_person INTEGER NOT NULL CHECK (second_person IN (0, 1)),
        expiry_hours INTEGER NOT NULL CHECK (expiry_hours BETWEEN 1 AND 720),
        schedule TEXT,
        last_due_at TEXT,
        updated_at TEXT NOT NULL
      ) STRICT;

      CREATE TABLE proposals (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        workspace_id TEXT NOT NULL,
        workspace TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('open', 'approved', 'applied', 'rejected', 'expired', 'void', 'failed')),
        policy TEXT NOT NULL CHECK (json_valid(policy)),
        base_policy TEXT NOT NULL CHECK (json_valid(base_policy)),
        digest TEXT NOT NULL,
        forgets INTEGER NOT NULL,
        plan TEXT NOT NULL CHECK (json_valid(plan)),
        note TEXT,
        proposed_at TEXT NOT NULL,
        proposed_by TEXT NOT NULL,
        proposed_by_id TEXT,
        expires_at TEXT NOT NULL,
        decided_at TEXT,
        decided_by TEXT,
        decided_by_id TEXT,
        decision TEXT,
        break_glass INTEGER NOT NULL DEFAULT 0 CHECK (break_glass IN (0, 1)),
        ended_at TEXT,
        end_reason TEXT,
        job_id TEXT,
        CHECK ((decided_at IS NULL) = (decided_by IS NULL))
      ) STRICT;
      CREATE INDEX proposals_by_workspace ON proposals (workspace_id, number);
      CREATE UNIQUE INDEX proposals_waiting ON proposals (workspace_id) WHERE status IN ('open', 'approved');
    `),
}
