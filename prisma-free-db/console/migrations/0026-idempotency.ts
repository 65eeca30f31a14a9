import type { Migration } from '../../migrate.ts'

/** Mutations of the API that were sent with a key, and what was answered; `status` is null while one is under way. Times are ISO 8601 in UTC. */
export const idempotency: Migration = {
  name: 'idempotency',
  up: (db) =>
    db.exec(`
      CREATE TABLE idempotency (
        person TEXT NOT NULL,
        key TEXT NOT NULL,
        request_digest TEXT NOT NULL,
        status INTEGER,
        answer TEXT CHECK (json_valid(answer)),
        created_at TEXT NOT NULL,
        PRIMARY KEY (person, key)
      ) STRICT;
      CREATE INDEX idempotency_by_time ON idempotency (created_at);
    `),
}
