import type { Migration } from '../../migrate.ts'

/**
 * The catalog as a temporal table.
 *
 * `paths` is the tree of every name a workspace ever had: a row is one name in one folder, and a folder's id is its own
 * path's id. The root of a workspace is a row too (parent 0, name = workspace id). Names are raw bytes, so that the order
 * of an index is the order of an archive; `text` is their text form where that differs from the bytes.
 *
 * `entry_versions`: what a path was in a series from archive number `since` until before `until` (NULL = still so). The
 * versions of one path in one series never overlap, so archive N sees the row with the greatest `since` up to N, if its
 * `until` is past N. `folder_totals` says the same of what lies below a folder; it has no end, since a folder that is gone
 * has zero files. `folder_names` says which names a folder held, filed so that pages need not step over names that are
 * gone (see tables/folder-names.ts).
 *
 * `proof_N_until_ms`: until when the archive counts as proven at level N or better; NULL = it does not.
 */
export const temporalCatalog: Migration = {
  name: 'temporal-catalog',
  up: (db) =>
    db.exec(`
      CREATE TABLE repositories (
        repository INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        location TEXT NOT NULL
      ) STRICT;

      CREATE TABLE workspaces (
        workspace INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        root_path INTEGER NOT NULL
      ) STRICT;

      CREATE TABLE series (
        series INTEGER PRIMARY KEY,
        id TEXT NOT NULL,
        repository INTEGER NOT NULL REFERENCES repositories (repository),
        workspace INTEGER NOT NULL REFERENCES workspaces (workspace),
        UNIQUE (repository, id)
      ) STRICT;

      CREATE TABLE archives (
        archive INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        series INTEGER NOT NULL REFERENCES series (series),
        number INTEGER NOT NULL,
        workspace INTEGER NOT NULL REFERENCES workspaces (workspace),
        workspace_name TEXT NOT NULL,
        committed INTEGER NOT NULL DEFAULT 0 CHECK (committed IN (0, 1)),
        kind TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL,
        duration_ms INTEGER NOT NULL,
        files INTEGER NOT NULL,
        entries INTEGER NOT NULL,
        content_bytes INTEGER NOT NULL,
        stored_bytes INTEGER NOT NULL,
        warnings INTEGER NOT NULL,
        items TEXT NOT NULL CHECK (json_valid(items)),
        files_added INTEGER,
        files_changed INTEGER,
        files_removed INTEGER,
        suspect INTEGER NOT NULL DEFAULT 0 CHECK (suspect IN (0, 1)),
        hold TEXT CHECK (json_valid(hold)),
        hold_until_ms INTEGER,
        note TEXT,
        rungs TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(rungs)),
        proof_1_until_ms INTEGER,
        proof_2_until_ms INTEGER,
        proof_3_until_ms INTEGER,
        proof_4_until_ms INTEGER,
        proof_5_until_ms INTEGER,
        forgotten_at_ms INTEGER,
        UNIQUE (series, number)
      ) STRICT;
      CREATE INDEX archives_by_time ON archives (created_at_ms, id);
      CREATE INDEX archives_by_workspace ON archives (workspace, created_at_ms, id);
      CREATE INDEX archives_proven ON archives (workspace, created_at_ms, id) WHERE proof_3_until_ms IS NOT NULL;
      CREATE INDEX archives_uncommitted ON archives (archive) WHERE committed = 0;

      CREATE TABLE archive_details (
        archive INTEGER PRIMARY KEY REFERENCES archives (archive) ON DELETE CASCADE,
        root TEXT NOT NULL,
        config_path TEXT NOT NULL,
        note TEXT,
        findings TEXT NOT NULL CHECK (json_valid(findings)),
        config_paths TEXT NOT NULL CHECK (json_valid(config_paths))
      ) STRICT;

      CREATE TABLE marks (
        archive INTEGER NOT NULL REFERENCES archives (archive) ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        mark TEXT NOT NULL CHECK (json_valid(mark)),
        PRIMARY KEY (archive, seq)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE paths (
        path INTEGER PRIMARY KEY,
        parent INTEGER NOT NULL,
        name BLOB NOT NULL,
        workspace INTEGER NOT NULL,
        text TEXT,
        UNIQUE (parent, name)
      ) STRICT;

      CREATE TABLE entry_versions (
        path INTEGER NOT NULL,
        series INTEGER NOT NULL,
        since INTEGER NOT NULL,
        until INTEGER CHECK (until > since),
        type TEXT NOT NULL CHECK (type IN ('f', 'd', 'l', 'h')),
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        mode INTEGER NOT NULL,
        uid INTEGER NOT NULL,
        gid INTEGER NOT NULL,
        sha256 BLOB,
        link TEXT,
        PRIMARY KEY (path, series, since)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX entry_versions_since ON entry_versions (series, since);
      CREATE INDEX entry_versions_until ON entry_versions (series, until) WHERE until IS NOT NULL;

      CREATE TABLE folder_names (
        series INTEGER NOT NULL,
        parent INTEGER NOT NULL,
        node INTEGER NOT NULL,
        name BLOB NOT NULL,
        since INTEGER NOT NULL,
        until INTEGER CHECK (until > since),
        path INTEGER NOT NULL,
        CHECK ((node = 0) = (until IS NULL)),
        PRIMARY KEY (series, parent, node, name, since)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE folder_totals (
        path INTEGER NOT NULL,
        series INTEGER NOT NULL,
        since INTEGER NOT NULL,
        files INTEGER NOT NULL CHECK (files >= 0),
        bytes INTEGER NOT NULL CHECK (bytes >= 0),
        PRIMARY KEY (path, series, since)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX folder_totals_since ON folder_totals (series, since);

      CREATE VIRTUAL TABLE path_search USING fts5 (text, content = '', columnsize = 0, detail = none, tokenize = 'trigram');
    `),
}
