/**
 * The audit log is a hash chain: each row's hash covers its own columns and the hash of the row before it, so that a row
 * that was changed, taken out or put in breaks every later one. Cutting rows off the end leaves a valid chain:
 * only a newest hash that was noted down elsewhere shows that.
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
    const last = auditHead(db)
    const row = toRow({ ...entry, seq: (last?.seq ?? 0) + 1, previousHash: last?.hash ?? BEFORE_THE_FIRST, hash: '' })
    row.hash = hashOf(row)
    prepared<Record<string, unknown>>(
      db,
      `INSERT INTO audit (${COLUMNS})
       VALUES (:seq, :at, :actor_id, :actor, :role, :via, :address, :action, :object_kind, :object_id, :workspace_id, :detail, :previous_hash, :hash)`,
    ).run({ ...row })
    return fromRow(row)
  })
}

/** Which rows of the log; what is left out is not asked for. */
export interface AuditFilter {
  actor?: string | undefined
  action?: string | undefined
  objectKind?: string | undefined
  objectId?: string | undefined
  via?: string | undefined
  workspaceId?: string | undefined
  /** From this moment on, and up to that one. */
  from?: string | undefined
  to?: string | undefined
}

const CONDITIONS: Record<keyof AuditFilter, string> = {
  objectKind: 'object_kind = :objectKind',
  objectId: 'object_id = :objectId',
  actor: 'actor = :actor',
  action: 'action = :action',
  via: 'via = :via',
  workspaceId: 'workspace_id = :workspaceId',
  from: 'at >= :from',
  to: 'at <= :to',
}

/** The SQL of a page of the log, newest first, between two places in it. */
export function auditPageSql(filter: AuditFilter): string {
  const asked = (Object.keys(CONDITIONS) as (keyof AuditFilter)[]).filter((name) => filter[name] !== undefined)
  // Times are only looked at here: the plus keeps their index from being walked, which would need a sort.
  const conditions = asked.map((name) => (name === 'from' || name === 'to' ? `+${CONDITIONS[name]}` : CONDITIONS[name]))
  return `SELECT ${COLUMNS} FROM audit WHERE ${[...conditions, 'seq < :before', 'seq >= :oldest'].join(' AND ')} ORDER BY seq DESC LIMIT :limit`
}

/** The first and last row written within a time; a clock that was set back leaves others between them. */
const WITHIN = 'SELECT min(seq) AS oldest, max(seq) AS newest FROM audit WHERE at >= :from AND at <= :to'

/** A page of the log, newest first. */
export function listAudit(
  db: ReadableDb,
  filter: AuditFilter = {},
  page: { cursor?: string | null; limit?: number } = {},
): { rows: AuditRecord[]; nextCursor: string | null } {
  const limit = pageLimit(page.limit, 50, 500)
  const [before] = decodeCursor('audit', page.cursor, ['number']) ?? [Number.MAX_SAFE_INTEGER]
  const span = spanOf(db, filter)
  const bounds = { before: Math.min(before, span.newest + 1), oldest: span.oldest, limit: limit + 1 }
  const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
  const rows = prepared<Record<string, unknown>, Row>(db, auditPageSql(filter)).all({ ...given, ...bounds })
  const shown = rows.slice(0, limit).map(fromRow)
  return { rows: shown, nextCursor: rows.length > limit ? encodeCursor('audit', [shown.at(-1)!.seq]) : null }
}

/** Where in the log the asked-for time lies. */
function spanOf(db: ReadableDb, { from, to }: AuditFilter): { oldest: number; newest: number } {
  if (from === undefined && to === undefined) return { oldest: 0, newest: Number.MAX_SAFE_INTEGER - 1 }
  const span = prepared<Record<string, string>, { oldest: number | null; newest: number | null }>(db, WITHIN).get({
    from: from ?? '',
    to: to ?? '9999',
  })
  return { oldest: span?.oldest ?? 1, newest: span?.newest ?? 0 }
}

/** Each distinct value of a column by one step through its index. */
const distinct = (column: string) => `
  WITH RECURSIVE one (value) AS (
    SELECT min(${column}) FROM audit
    UNION ALL
    SELECT (SELECT min(${column}) FROM audit WHERE ${column} > value) FROM one WHERE value IS NOT NULL
  )
  SELECT value FROM one WHERE value IS NOT NULL LIMIT 500`
const DISTINCT = { actors: distinct('actor'), actions: distinct('action'), objectKinds: distinct('object_kind') }

/** Who and what is in the log, for filters; at most 500 of each, in order. */
export function auditFacets(db: ReadableDb): Record<keyof typeof DISTINCT, string[]> {
  const values = (sql: string) =>
    prepared<[], { value: string }>(db, sql)
      .all()
      .map(({ value }) => value)
  return { actors: values(DISTINCT.actors), actions: values(DISTINCT.actions), objectKinds: values(DISTINCT.objectKinds) }
}

/** The newest row's place and hash; null for an empty log. */
export function auditHead(db: ReadableDb): { seq: number; hash: string } | null {
  return prepared<[], { seq: number; hash: string }>(db, 'SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1').get() ?? null
}

/** The hash of the row at a place; null when there is none. */
export function auditHashAt(db: ReadableDb, seq: number): string | null {
  return prepared<[number], { hash: string }>(db, 'SELECT hash FROM audit WHERE seq = ?').get(seq)?.hash ?? null
}

/** Rows in the order they were written, from behind a place on. */
export function auditRowsAfter(db: ReadableDb, seq: number, limit: number): AuditRecord[] {
  return prepared<[number, number], Row>(db, `SELECT ${COLUMNS} FROM audit WHERE seq > ? ORDER BY seq LIMIT ?`).all(seq, limit).map(fromRow)
}

/** Whether the database itself still refuses to change and to shorten the log. */
export function isAuditGuarded(db: ReadableDb): boolean {
  const names = prepared<[], { name: string }>(db, `SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'`).all()
  return ['audit_is_never_changed', 'audit_is_never_shortened'].every((name) => names.some((row) => row.name === name))
}

/** What the first row follows. */
export const AUDIT_START = BEFORE_THE_FIRST

/** The hash that an entry has to have. */
export const hashOfEntry = (entry: AuditRecord): string => hashOf(toRow(entry))

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

function toRow(entry: AuditRecord): Row {
  return {
    seq: entry.seq,
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
    previous_hash: entry.previousHash,
    hash: entry.hash,
  }
}
