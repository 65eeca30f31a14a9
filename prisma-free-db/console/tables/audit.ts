/**
 * The audit log is a hash chain: each row's hash covers its own columns and the hash of the row before it, so that a row
 * that was changed, taken out or put in breaks every later one. Cutting rows off the end leaves a valid chain; the mirror
 * beside the archives, which holds the newest hash, is what shows that.
 */
import { createHash } from 'node:crypto'
import { decodeCursor, encodeCursor, pageLimit } from '../../cursor.ts'
import { inTransaction, prepared, type ReadableDb, type WritableDb } from '../../handle.ts'

/** What happened, before it has its place in the chain. */
export interface AuditEntry {
  at: string
  actorId: string | null
  actor: string
  role: string
  via: string
  /** Where a request came from; null for a shell. */
  address: string | null
  /** Verb and object, e.g. `archive.hold`. */
  action: string
  objectKind: string
  objectId: string | null
  workspaceId: string | null
  /** Small facts that say what exactly; never secrets or content. */
  detail: Record<string, unknown>
}

/** A row of the audit log. `seq` has no gaps. */
export interface AuditRecord extends AuditEntry {
  seq: number
  previousHash: string
  hash: string
}

/** What a walk over the whole chain found; `brokenAt` is the first row that does not fit, null when all do. */
export interface AuditCheck {
  ok: boolean
  rows: number
  brokenAt: number | null
  /** Hash of the newest row; 64 zeros for an empty log. */
  head: string
}

interface Row {
  seq: number
  at: string
  actor_id: string | null
  actor: string
  role: string
  via: string
  address: string | null
  action: string
  object_kind: string
  object_id: string | null
  workspace_id: string | null
  detail: string
  previous_hash: string
  hash: string
}

const COLUMNS = 'seq, at, actor_id, actor, role, via, address, action, object_kind, object_id, workspace_id, detail, previous_hash, hash'
const BEFORE_THE_FIRST = '0'.repeat(64)

/** Appends to the log. Called inside the mutation's own transaction, both stand or fall together. */
export function appendAudit(db: WritableDb, entry: AuditEntry): AuditRecord {
  return inTransaction(db, () => {
    const last = prepared<[], { seq: number; hash: string }>(db, 'SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1').get()
    const row: Row = {
      seq: (last?.seq ?? 0) + 1,
      at: entry.at,
      actor_id: entry.actorId,
      actor: entry.actor,
      role: entry.role,
      via: entry.via,
      address: entry.address,
      action: entry.action,
      object_kind: entry.objectKind,
      object_id: entry.objectId,
      workspace_id: entry.workspaceId,
      detail: JSON.stringify(entry.detail),
      previous_hash: last?.hash ?? BEFORE_THE_FIRST,
      hash: '',
    }
    row.hash = hashOf(row)
    prepared<Record<string, unknown>>(
      db,
      `INSERT INTO audit (${COLUMNS})
       VALUES (:seq, :at, :actor_id, :actor, :role, :via, :address, :action, :object_kind, :object_id, :workspace_id, :detail, :previous_hash, :hash)`,
    ).run({ ...row })
    return fromRow(row)
  })
}

/** The SQL of a page of the log: all of it, of one kind of object, of one object, of one actor. */
export const LIST_AUDIT = {
  all: listSql(''),
  ofKind: listSql('object_kind = :objectKind AND'),
  ofObject: listSql('object_kind = :objectKind AND object_id = :objectId AND'),
  ofActor: listSql('actor = :actor AND'),
}

/** Which rows of the log: of an object, or of an actor. */
export type AuditFilter =
  | { objectKind?: undefined; actor?: undefined }
  | { objectKind: string; objectId?: string; actor?: undefined }
  | { actor: string; objectKind?: undefined }

/** A page of the log, newest first. */
export function listAudit(
  db: ReadableDb,
  filter: AuditFilter = {},
  page: { cursor?: string | null; limit?: number } = {},
): { rows: AuditRecord[]; nextCursor: string | null } {
  const limit = pageLimit(page.limit, 50, 500)
  const [before] = decodeCursor('audit', page.cursor, ['number']) ?? [Number.MAX_SAFE_INTEGER]
  const rows = prepared<Record<string, unknown>, Row>(db, sqlFor(filter)).all({ ...filter, before, limit: limit + 1 })
  const shown = rows.slice(0, limit).map(fromRow)
  return { rows: shown, nextCursor: rows.length > limit ? encodeCursor('audit', [shown.at(-1)!.seq]) : null }
}

/** Walks the chain from its first row to its last. */
export function verifyAuditChain(db: ReadableDb): AuditCheck {
  let head = BEFORE_THE_FIRST
  let rows = 0
  for (const row of db.prepare<[], Row>(`SELECT ${COLUMNS} FROM audit ORDER BY seq`).iterate()) {
    if (row.seq !== rows + 1 || row.previous_hash !== head || row.hash !== hashOf(row)) {
      return { ok: false, rows, brokenAt: row.seq, head }
    }
    head = row.hash
    rows++
  }
  return { ok: true, rows, brokenAt: null, head }
}

/** SHA-256 over a JSON array: unlike joined text, no two different rows give the same bytes. */
function hashOf(row: Row): string {
  const covered = [
    row.previous_hash,
    row.seq,
    row.at,
    row.actor_id,
    row.actor,
    row.role,
    row.via,
    row.address,
    row.action,
    row.object_kind,
    row.object_id,
    row.workspace_id,
    row.detail,
  ]
  return createHash('sha256').update(JSON.stringify(covered)).digest('hex')
}

function fromRow(row: Row): AuditRecord {
  return {
    seq: row.seq,
    at: row.at,
    actorId: row.actor_id,
    actor: row.actor,
    role: row.role,
    via: row.via,
    address: row.address,
    action: row.action,
    objectKind: row.object_kind,
    objectId: row.object_id,
    workspaceId: row.workspace_id,
    detail: JSON.parse(row.detail) as Record<string, unknown>,
    previousHash: row.previous_hash,
    hash: row.hash,
  }
}

function sqlFor(filter: AuditFilter): string {
  if (filter.actor !== undefined) return LIST_AUDIT.ofActor
  if (filter.objectKind === undefined) return LIST_AUDIT.all
  return filter.objectId === undefined ? LIST_AUDIT.ofKind : LIST_AUDIT.ofObject
}

function listSql(scope: string): string {
  return `SELECT ${COLUMNS} FROM audit WHERE ${scope} seq < :before ORDER BY seq DESC LIMIT :limit`
}
