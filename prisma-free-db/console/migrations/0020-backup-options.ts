import type { Migration } from '../../migrate.ts'

/** How scheduled backups of a workspace are made, and how far the newest one came; a workspace without a row goes by the defaults. Times are ISO 8601 in UTC. */
export const backupOptions: Migration = {
  name: 'backup-options',
  up: (db) =>
    db.exec(`
      CREATE TABLE backup_options (
        workspace_id TEXT NOT NULL PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
        run_by TEXT NOT NULL CHECK (run_by IN ('console', 'host')),
        skip_unchanged INTEGER NOT NULL CHECK (skip_unchanged IN (0, 1)),
        jitter_minutes INTEGER NOT NULL CHECK (jitter_minutes BETWEEN 0 AND 720),
        retries INTEGER NOT NULL CHECK (retries BETWEEN 0 AND 10),
        attempts INTEGER NOT NULL,
        job_id TEXT,
        next_try_at TEXT,
        unchanged_at TEXT,
        updated_at TEXT NOT NULL
      ) STRICT;
    `),
}
