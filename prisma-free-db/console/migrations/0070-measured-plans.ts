import type { Migration } from '../../migrate.ts'

/** What retention plans free and lose, as it was measured for exactly these archives; it can be measured anew at any time. Times are ISO 8601 in UTC. */
export const measuredPlans: Migration = {
  name: 'measured-plans',
  up: (db) =>
    db.exec(`
      CREATE TABLE measured_plans (
        digest TEXT NOT NULL PRIMARY KEY,
        workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
        measure TEXT NOT NULL CHECK (json_valid(measure)),
        measured_at TEXT NOT NULL
      ) STRICT;
      CREATE INDEX measured_plans_by_workspace ON measured_plans (workspace_id, measured_at);
    `),
}
