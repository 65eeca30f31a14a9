import type { Migration } from '../../migrate.ts'

/** Channels, alarms that are on, and the outbox of what is told to whom. Times are ISO 8601 in UTC; secrets are sealed with a key beside the database. */
export const notifications: Migration = {
  name: 'notifications',
  up: (db) =>
    db.exec(`
      CREATE TABLE channels (
        id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL COLLATE NOCASE UNIQUE,
        kind TEXT NOT NULL CHECK (kind IN ('email', 'webhook', 'slack', 'ping')),
        config TEXT NOT NULL CHECK (json_valid(config)),
        secrets TEXT NOT NULL,
        last_ping_at TEXT,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL
      ) STRICT;

      CREATE TABLE alarms (
        workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
        code TEXT NOT NULL,
        since TEXT NOT NULL,
        told_at TEXT NOT NULL,
        PRIMARY KEY (workspace_id, code)
      ) STRICT;

      CREATE TABLE deliveries (
        id TEXT NOT NULL PRIMARY KEY,
        channel_id TEXT NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
        event_id TEXT NOT NULL,
        event TEXT NOT NULL CHECK (json_valid(event)),
        status TEXT NOT NULL CHECK (status IN ('waiting', 'sent', 'given-up')),
        attempts INTEGER NOT NULL,
        next_try_at TEXT,
        error TEXT,
        created_at TEXT NOT NULL,
        sent_at TEXT,
        UNIQUE (channel_id, event_id),
        CHECK ((status = 'waiting') = (next_try_at IS NOT NULL))
      ) STRICT;
      CREATE INDEX deliveries_waiting ON deliveries (next_try_at) WHERE status = 'waiting';
      CREATE INDEX deliveries_by_time ON deliveries (created_at, id);
    `),
}
