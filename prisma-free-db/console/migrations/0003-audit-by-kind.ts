import type { Migration } from '../../migrate.ts'

/** The audit log of one kind of object, newest first, without looking at every other row. */
export const auditByKind: Migration = {
  name: 'audit-by-kind',
  up: (db) => db.exec('CREATE INDEX audit_by_kind ON audit (object_kind, seq)'),
}
