import { inTransaction, prepared, type WritableDb } from '../../handle.ts'
import type { RepositoryRow } from '../archive-row.ts'

/** Everything that is known of one repository is of another from now on, whose archives are the same. Under the writer lock. */
export function renameRepository(db: WritableDb, from: RepositoryRow['id'], to: RepositoryRow): void {
  inTransaction(db, () => {
    prepared<[string, string, string]>(db, 'UPDATE repositories SET id = ?, location = ? WHERE id = ?').run(to.id, to.location, from)
  })
}
