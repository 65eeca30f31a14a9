import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { inTransaction, type WritableDb } from '../handle.ts'
import { openConsole } from '../open-database.ts'
import { queryPlan, temporaryFolder } from '../testing.ts'
import { type AuditEntry, appendAudit, auditFacets, auditPageSql, listAudit, verifyAuditChain } from './tables/audit.ts'

const entry = (n: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  at: new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString(),
  actorId: 'u1',
  actor: 'Ada',
  role: 'admin',
  via: 'console',
  address: '127.0.0.1',
  action: 'archive.hold',
  objectKind: 'archive',
  objectId: `arc_${n}`,
  workspaceId: null,
  detail: { reason: `because ${n}` },
  ...more,
})

function withConsole(work: (db: WritableDb, path: string) => void): void {
  using folder = temporaryFolder()
  const path = join(folder.path, 'console.db')
  const { db, close } = openConsole(path)
  work(db, path)
  close()
}

/** Changes the file as an intruder with a SQLite shell would: past the triggers. */
function tamper(path: string, sql: string): void {
  const raw = new Database(path)
  raw.exec('DROP TRIGGER audit_is_never_changed; DROP TRIGGER audit_is_never_shortened')
  raw.exec(sql)
  raw.close()
}

test('the chain of an honest log is whole, and its head is the newest hash', () => {
  withConsole((db) => {
    expect(verifyAuditChain(db)).toEqual({ ok: true, rows: 0, brokenAt: null, head: '0'.repeat(64) })
    for (let n = 1; n <= 20; n++) appendAudit(db, entry(n))
    expect(verifyAuditChain(db)).toEqual({ ok: true, rows: 20, brokenAt: null, head: listAudit(db, {}, { limit: 1 }).rows[0]!.hash })
  })
})

test('a row that was changed, taken out or swapped breaks the chain where it happened', () => {
  for (const [sql, brokenAt] of [
    [`UPDATE audit SET actor = 'Eve' WHERE seq = 7`, 7],
    [`UPDATE audit SET detail = '{}' WHERE seq = 20`, 20],
    ['DELETE FROM audit WHERE seq = 7', 8],
    ['DELETE FROM audit WHERE seq = 1', 2],
    ['UPDATE audit SET seq = -1 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = -1', 4],
  ] as const) {
    withConsole((db, path) => {
      for (let n = 1; n <= 20; n++) appendAudit(db, entry(n))
      tamper(path, sql)
      expect(verifyAuditChain(db)).toMatchObject({ ok: false, brokenAt })
    })
  }
})

test('the database itself refuses to change or shorten the log', () => {
  withConsole((db) => {
    appendAudit(db, entry(1))
    expect(() => db.exec(`UPDATE audit SET actor = 'Eve'`)).toThrow(/append-only/)
    expect(() => db.exec('DELETE FROM audit')).toThrow(/append-only/)
  })
})

test('an audit row of a mutation that fails is not kept', () => {
  withConsole((db) => {
    expect(() =>
      inTransaction(db, () => {
        appendAudit(db, entry(1))
        throw new Error('the mutation failed')
      }),
    ).toThrow('the mutation failed')
    expect(verifyAuditChain(db).rows).toBe(0)
  })
})

test('pages are newest first and can be narrowed to an object or an actor', () => {
  withConsole((db) => {
    for (let n = 1; n <= 12; n++) appendAudit(db, entry(n, { actor: n % 3 ? 'Ada' : 'Bob' }))
    const first = listAudit(db, {}, { limit: 5 })
    expect(first.rows.map((row) => row.seq)).toEqual([12, 11, 10, 9, 8])
    expect(listAudit(db, {}, { limit: 5, cursor: first.nextCursor }).rows.map((row) => row.seq)).toEqual([7, 6, 5, 4, 3])
    expect(listAudit(db, { actor: 'Bob' }).rows.map((row) => row.seq)).toEqual([12, 9, 6, 3])
    expect(listAudit(db, { objectKind: 'archive', objectId: 'arc_4' }).rows).toHaveLength(1)
    expect(listAudit(db, { objectKind: 'archive' }, { limit: 12 }).nextCursor).toBeNull()
    expect(listAudit(db, { objectKind: 'job' }).rows).toEqual([])
    expect(listAudit(db, { action: 'archive.hold', actor: 'Bob' }).rows).toHaveLength(4)
    const at = (n: number) => entry(n).at
    expect(listAudit(db, { from: at(3), to: at(5) }).rows.map((row) => row.seq)).toEqual([5, 4, 3])
    expect(listAudit(db, { from: at(3), actor: 'Bob' }, { limit: 2 }).rows.map((row) => row.seq)).toEqual([12, 9])
    expect(listAudit(db, { from: at(30) }).rows).toEqual([])
    expect(auditFacets(db)).toEqual({ actors: ['Ada', 'Bob'], actions: ['archive.hold'], objectKinds: ['archive'] })
  })
})

test('every list of the log walks an index and sorts nothing', () => {
  withConsole((db) => {
    const filters = [{}, { objectKind: 'x' }, { objectKind: 'x', objectId: 'x' }, { actor: 'x' }, { action: 'x' }, { from: 'x' }]
    const plans = filters.map((filter) => queryPlan(db, auditPageSql(filter)))
    expect(plans).toEqual([
      ['SEARCH audit USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)'],
      ['SEARCH audit USING INDEX audit_by_kind (object_kind=? AND seq>? AND seq<?)'],
      ['SEARCH audit USING INDEX audit_by_object (object_kind=? AND object_id=? AND seq>? AND seq<?)'],
      ['SEARCH audit USING INDEX audit_by_actor (actor=? AND seq>? AND seq<?)'],
      ['SEARCH audit USING INDEX audit_by_action (action=? AND seq>? AND seq<?)'],
      ['SEARCH audit USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)'],
    ])
  })
})
