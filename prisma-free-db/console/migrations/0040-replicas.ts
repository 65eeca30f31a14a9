import type { Migration } from '../../migrate.ts'

/** Copies of workspaces at other places, what is known of them, and where each archive stands. Secrets are sealed text. Times are ISO 8601 in UTC. */
export const replicas: Migration = {
  name: 'replicas',
  up: (db) =>
    db.exec(`
      CREATE TABLE replicas (
        id TEXT NOT NULL PRIMARY KEY,
        workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
        name TEXT NOT NULL UNIQUE,
        target TEXT NOT NULL CHECK (json_valid(target)),
        options TEXT NOT NULL CHECK (json_valid(options)),
        secrets TEXT NOT NULL,
        state TEXT NOT NULL CHECK (json_valid(state)),
        last_due_at TEXT,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL
      ) STRICT;
      CREATE INDEX replicas_by_workspace ON replicas (workspace_id, name);

      CREATE TABLE replica_archives (
        replica_id TEXT NOT NULL REFERENCES replicas (id) ON DELETE CASCADE,
        archive_id TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('copied', 'waiting', 'incomplete', 'not-kept')),
        created_at TEXT NOT NULL,
        is_on_host INTEGER NOT NULL CHECK (is_on_host IN (0, 1)),
        locked_until TEXT,
        PRIMARY KEY (replica_id, archive_id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX replica_archives_by_archive ON replica_archives (archive_id);
    `),
}
