import type { Migration } from '../../migrate.ts'

/**
 * What lists of many archives read, and no more. Each list has an index of its own order that holds nothing but what it shows, so that a page costs the same
 * whatever was forgotten, and a filter steps over nothing. How many archives a workspace has and what they add up to is counted as rows come and go.
 *
 * `accepted`: a suspicion was accepted; `released`: a hold ended and none came after it; `lacks`: labels of critical items that are not in there, NULL = none.
 */
export const manyArchives: Migration = {
  name: 'many-archives',
  up: (db) =>
    db.exec(`
      ALTER TABLE archives ADD COLUMN accepted INTEGER NOT NULL DEFAULT 0 CHECK (accepted IN (0, 1));
      ALTER TABLE archives ADD COLUMN released INTEGER NOT NULL DEFAULT 0 CHECK (released IN (0, 1));
      ALTER TABLE archives ADD COLUMN lacks TEXT CHECK (json_valid(lacks));

      UPDATE archives SET
        accepted = EXISTS (SELECT 1 FROM marks m WHERE m.archive = archives.archive AND m.mark ->> 'kind' = 'accept'),
        released = hold IS NULL AND EXISTS (SELECT 1 FROM marks m WHERE m.archive = archives.archive AND m.mark ->> 'kind' = 'release'),
        lacks = (SELECT NULLIF(json_group_array(item.value ->> 'label'), '[]') FROM json_each(archives.items) AS item
                 WHERE item.value ->> 'importance' = 'critical' AND item.value ->> 'kind' IN ('missing', 'not-covered'));

      DROP INDEX archives_by_time;
      DROP INDEX archives_by_workspace;
      DROP INDEX archives_proven;
      CREATE INDEX archives_by_time ON archives (created_at_ms, id) WHERE committed = 1 AND forgotten_at_ms IS NULL;
      CREATE INDEX archives_by_workspace ON archives (workspace, created_at_ms, id) WHERE committed = 1 AND forgotten_at_ms IS NULL;
      CREATE INDEX archives_seen ON archives (series, number) WHERE committed = 1 AND forgotten_at_ms IS NULL;
      CREATE INDEX archives_by_kind ON archives (workspace, kind, created_at_ms, id);
      CREATE INDEX archives_proven
        ON archives (workspace, created_at_ms, id, proof_1_until_ms, proof_2_until_ms, proof_3_until_ms, proof_4_until_ms, proof_5_until_ms)
        WHERE proof_1_until_ms IS NOT NULL AND committed = 1 AND forgotten_at_ms IS NULL;
      CREATE INDEX archives_held ON archives (workspace, created_at_ms, id, hold_until_ms)
        WHERE hold_until_ms IS NOT NULL AND committed = 1 AND forgotten_at_ms IS NULL;
      CREATE INDEX archives_suspect ON archives (workspace, created_at_ms, id) WHERE suspect = 1 AND committed = 1 AND forgotten_at_ms IS NULL;
      CREATE INDEX archives_accepted ON archives (workspace, created_at_ms, id) WHERE accepted = 1 AND committed = 1 AND forgotten_at_ms IS NULL;
      CREATE INDEX archives_forgotten ON archives (forgotten_at_ms, created_at_ms, id) WHERE forgotten_at_ms IS NOT NULL AND committed = 1;
      CREATE INDEX archives_forgotten_of ON archives (workspace, forgotten_at_ms, created_at_ms, id) WHERE forgotten_at_ms IS NOT NULL AND committed = 1;

      CREATE TABLE archive_sums (
        workspace INTEGER PRIMARY KEY REFERENCES workspaces (workspace),
        archives INTEGER NOT NULL CHECK (archives >= 0),
        content_bytes INTEGER NOT NULL,
        stored_bytes INTEGER NOT NULL
      ) STRICT;
      INSERT INTO archive_sums (workspace, archives, content_bytes, stored_bytes)
        SELECT workspace, COUNT(*), SUM(content_bytes), SUM(stored_bytes) FROM archives
        WHERE committed = 1 AND forgotten_at_ms IS NULL GROUP BY workspace;

      CREATE TRIGGER archives_seen AFTER UPDATE OF committed, forgotten_at_ms ON archives
      WHEN (NEW.committed = 1 AND NEW.forgotten_at_ms IS NULL) > (OLD.committed = 1 AND OLD.forgotten_at_ms IS NULL)
      BEGIN
        INSERT INTO archive_sums (workspace, archives, content_bytes, stored_bytes)
          VALUES (NEW.workspace, 1, NEW.content_bytes, NEW.stored_bytes)
          ON CONFLICT (workspace) DO UPDATE SET
            archives = archives + 1, content_bytes = content_bytes + excluded.content_bytes, stored_bytes = stored_bytes + excluded.stored_bytes;
      END;
      CREATE TRIGGER archives_unseen AFTER UPDATE OF committed, forgotten_at_ms ON archives
      WHEN (NEW.committed = 1 AND NEW.forgotten_at_ms IS NULL) < (OLD.committed = 1 AND OLD.forgotten_at_ms IS NULL)
      BEGIN
        UPDATE archive_sums SET archives = archives - 1, content_bytes = content_bytes - OLD.content_bytes, stored_bytes = stored_bytes - OLD.stored_bytes
          WHERE workspace = OLD.workspace;
      END;
      CREATE TRIGGER archives_gone AFTER DELETE ON archives WHEN OLD.committed = 1 AND OLD.forgotten_at_ms IS NULL
      BEGIN
        UPDATE archive_sums SET archives = archives - 1, content_bytes = content_bytes - OLD.content_bytes, stored_bytes = stored_bytes - OLD.stored_bytes
          WHERE workspace = OLD.workspace;
      END;
    `),
}
