import type { Migration } from '../../migrate.ts'

/**
 * Who may do what where, links that let people in once, and tokens for programs. Times are ISO 8601 in UTC; of links and tokens only the SHA-256 is
 * kept. Roles of single workspaces stop short of admin, which is a role for the whole host.
 */
export const team: Migration = {
  name: 'team',
  up: (db) =>
    db.exec(`
      ALTER TABLE "user" ADD COLUMN "everywhere" INTEGER NOT NULL DEFAULT 1 CHECK ("everywhere" IN (0, 1));
      ALTER TABLE "user" ADD COLUMN "disabledAt" DATE;

      CREATE TABLE workspace_roles (
        user_id TEXT NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
        workspace_id TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
        role TEXT NOT NULL CHECK (role IN ('none', 'viewer', 'operator', 'lead')),
        PRIMARY KEY (user_id, workspace_id)
      ) STRICT;

      CREATE TABLE invitations (
        id TEXT NOT NULL PRIMARY KEY,
        token_hash TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL CHECK (kind IN ('invitation', 'password')),
        email TEXT NOT NULL COLLATE NOCASE,
        access TEXT NOT NULL CHECK (json_valid(access)),
        user_id TEXT REFERENCES "user" ("id") ON DELETE CASCADE,
        made_by TEXT NOT NULL,
        created_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        CHECK ((kind = 'password') = (user_id IS NOT NULL))
      ) STRICT;

      CREATE TABLE api_tokens (
        id TEXT NOT NULL PRIMARY KEY,
        user_id TEXT NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
        name TEXT NOT NULL,
        token_hash TEXT NOT NULL UNIQUE,
        scope TEXT NOT NULL CHECK (json_valid(scope)),
        workspaces TEXT CHECK (json_valid(workspaces)),
        created_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        last_used_at TEXT,
        UNIQUE (user_id, name)
      ) STRICT;
    `),
}
