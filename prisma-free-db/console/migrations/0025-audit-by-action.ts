import type { Migration } from '../../migrate.ts'

/** Lists of the audit log by action and by time. */
export const auditByAction: Migration = {
  name: 'audit-by-action',
  up: (db) =>
    db.exec(`
      CREATE INDEX audit_by_action ON audit (action, seq);
      CREATE INDEX audit_by_time ON audit (at, seq);
    `),
}
