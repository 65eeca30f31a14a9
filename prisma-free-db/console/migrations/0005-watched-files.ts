import type { Migration } from '../../migrate.ts'

/** What the watch saw last of each critical JSON file that is live; one row a file. `stamp` is what `stat` said before it was read. Times are ISO 8601 in UTC. */
export const watchedFiles: Migration = {
  name: 'watched-files',
  up: (db) =>
    db.exec(`
      CREATE TABLE watched_files (
        workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
        item_key TEXT NOT NULL,
        label TEXT NOT NULL,
        path TEXT NOT NULL,
        stamp TEXT NOT NULL,
        verdict TEXT NOT NULL CHECK (verdict IN ('fine', 'missing', 'damaged', 'doubtful', 'unreadable')),
        findings TEXT NOT NULL CHECK (json_valid(findings)),
        since TEXT,
        fine_at TEXT,
        seen_at TEXT NOT NULL,
        PRIMARY KEY (workspace_id, item_key),
        CHECK ((verdict = 'fine') = (since IS NULL))
      ) STRICT, WITHOUT ROWID;
    `),
}
