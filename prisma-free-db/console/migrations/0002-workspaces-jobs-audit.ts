import type { Migration } from '../../migrate.ts'

/** Workspaces with their schedules, jobs, settings, the one-time set-up token and the audit chain. Times are ISO 8601 in UTC. */
export const workspacesJobsAudit: Migration = {
  name: 'workspaces-jobs-audit',
  up: (db) =>
    db.exec(`
      CREATE TABLE workspaces (
        id TEXT NOT NULL PRIMARY KEY,
        name TEXT NOT NULL COLLATE NOCASE UNIQUE,
        root TEXT NOT NULL,
        config_path TEXT NOT NULL,
        maps TEXT NOT NULL CHECK (json_valid(maps)),
        extra_items TEXT NOT NULL CHECK (json_valid(extra_items)),
        series_id TEXT NOT NULL UNIQUE,
        repository_path TEXT NOT NULL,
        schedule TEXT,
        time_zone TEXT NOT NULL,
        last_due_at TEXT,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        UNIQUE (root, config_path)
      ) STRICT;

      CREATE TABLE jobs (
        id TEXT NOT NULL PRIMARY KEY,
        kind TEXT NOT NULL,
        workspace_id TEXT,
        workspace TEXT,
        title TEXT NOT NULL,
        command TEXT NOT NULL,
        input TEXT NOT NULL CHECK (json_valid(input)),
        status TEXT NOT NULL CHECK (status IN ('queued', 'running', 'cancelling', 'finished')),
        outcome TEXT CHECK (outcome IN ('success', 'warning', 'failure', 'cancelled', 'interrupted')),
        actor_id TEXT,
        actor TEXT NOT NULL,
        created_at TEXT NOT NULL,
        started_at TEXT,
        finished_at TEXT,
        progress TEXT CHECK (json_valid(progress)),
        waits_for TEXT,
        findings TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(findings)),
        result TEXT CHECK (json_valid(result)),
        error TEXT CHECK (json_valid(error)),
        process TEXT CHECK (json_valid(process)),
        revision INTEGER NOT NULL,
        CHECK ((status = 'finished') = (outcome IS NOT NULL)),
        CHECK ((status = 'finished') = (finished_at IS NOT NULL))
      ) STRICT;
      CREATE INDEX jobs_by_time ON jobs (created_at, id);
      CREATE INDEX jobs_by_workspace ON jobs (workspace_id, created_at, id);
      CREATE INDEX jobs_open ON jobs (created_at, id) WHERE status <> 'finished';
      CREATE INDEX jobs_by_revision ON jobs (revision);

      CREATE TABLE settings (
        key TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL CHECK (json_valid(value)),
        updated_at TEXT NOT NULL
      ) STRICT;

      CREATE TABLE setup_tokens (
        token_hash TEXT NOT NULL PRIMARY KEY,
        created_at TEXT NOT NULL,
        used_at TEXT
      ) STRICT;

      CREATE TABLE audit (
        seq INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        actor_id TEXT,
        actor TEXT NOT NULL,
        role TEXT NOT NULL,
        via TEXT NOT NULL,
        address TEXT,
        action TEXT NOT NULL,
        object_kind TEXT NOT NULL,
        object_id TEXT,
        workspace_id TEXT,
        detail TEXT NOT NULL CHECK (json_valid(detail)),
        previous_hash TEXT NOT NULL,
        hash TEXT NOT NULL UNIQUE
      ) STRICT;
      CREATE INDEX audit_by_object ON audit (object_kind, object_id, seq);
      CREATE INDEX audit_by_actor ON audit (actor, seq);
      CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
      CREATE TRIGGER audit_is_never_shortened BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
    `),
}
