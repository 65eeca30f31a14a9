import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId, JobId, WorkspaceId } from '#lib/base/ids.ts'
import type { Finding } from '#lib/contracts/common.ts'
import type { ReplicaId, ReplicaOptions, ReplicaTarget } from '#lib/contracts/replica.ts'
import { inTransaction, prepared, type ReadableDb, type WritableDb } from '../../handle.ts'

/** What the last syncs left to know. */
export interface ReplicaFacts {
  lastStartedAt: string | null
  lastSuccessAt: string | null
  lastJobId: JobId | null
  /** Syncs in a row that failed. */
  failures: number
  lastError: { code: string; message: string; hint: string } | null
  objects: number | null
  bytes: number | null
  lockedBytes: number | null
  bytesPut: number | null
  checkedBytes: number | null
  oldestCheckAt: string | null
  tamperedAt: string | null
  tampering: string | null
  findings: Finding[]
  /** The next sync may take the place over from another home, or write again what was emptied. */
  isTakeOver: boolean
}

export const NO_FACTS: ReplicaFacts = {
  ...{
    lastStartedAt: null,
    lastSuccessAt: null,
    lastJobId: null,
    failures: 0,
    lastError: null,
    objects: null,
    bytes: null,
    lockedBytes: null,
  },
  ...{ bytesPut: null, checkedBytes: null, oldestCheckAt: null, tamperedAt: null, tampering: null, findings: [], isTakeOver: false },
}

export interface ReplicaRecord {
  id: ReplicaId
  workspaceId: WorkspaceId
  name: string
  target: ReplicaTarget
  options: ReplicaOptions
  /** Sealed text. */
  secrets: string
  facts: ReplicaFacts
  /** Up to when runs by the clock, or after backups, are taken care of. */
  lastDueAt: string | null
  createdAt: string
}

type Row = Omit<ReplicaRecord, 'target' | 'options' | 'facts'> & { target: string; options: string; facts: string }

const COLUMNS =
  'id, workspace_id AS workspaceId, name, target, options, secrets, state AS facts, last_due_at AS lastDueAt, created_at AS createdAt'

const fromRow = (row: Row): ReplicaRecord => ({
  ...row,
  target: JSON.parse(row.target) as ReplicaTarget,
  options: JSON.parse(row.options) as ReplicaOptions,
  facts: { ...NO_FACTS, ...(JSON.parse(row.facts) as Partial<ReplicaFacts>) },
})

/** Replicas of a workspace, or of all, by name. */
export function listReplicas(db: ReadableDb, workspaceId: WorkspaceId | null): ReplicaRecord[] {
  return prepared<Record<string, unknown>, Row>(
    db,
    `SELECT ${COLUMNS} FROM replicas WHERE :workspaceId IS NULL OR workspace_id = :workspaceId ORDER BY name, id`,
  )
    .all({ workspaceId })
    .map(fromRow)
}

/** The replica with this id or name, or null. */
export function findReplica(db: ReadableDb, idOrName: string): ReplicaRecord | null {
  const row = prepared<[string, string], Row>(db, `SELECT ${COLUMNS} FROM replicas WHERE id = ? OR name = ?`).get(idOrName, idOrName)
  return row ? fromRow(row) : null
}

/** Stores a replica, new or changed; throws `replica_exists` when its name is another one's. */
export function putReplica(db: WritableDb, replica: Omit<ReplicaRecord, 'facts' | 'createdAt' | 'lastDueAt'>, at: string): void {
  inTransaction(db, () => {
    const twin = findReplica(db, replica.name)
    if (twin && twin.id !== replica.id) {
      throw new AppError('replica_exists', { message: `There is already a replica named ${twin.name}.`, hint: 'Choose another name.' })
    }
    prepared<Record<string, unknown>>(
      db,
      `INSERT INTO replicas (id, workspace_id, name, target, options, secrets, state, last_due_at, created_at, updated_at)
       VALUES (:id, :workspaceId, :name, :target, :options, :secrets, '{}', NULL, :at, :at)
       ON CONFLICT (id) DO UPDATE
       SET name = excluded.name, target = excluded.target, options = excluded.options, secrets = excluded.secrets, updated_at = excluded.updated_at`,
    ).run({ ...replica, target: JSON.stringify(replica.target), options: JSON.stringify(replica.options), at })
  })
}

/** Notes what a sync left to know; what is left out stays. */
export function noteReplica(db: WritableDb, id: ReplicaId, change: Partial<ReplicaFacts>): void {
  inTransaction(db, () => {
    const before = findReplica(db, id)
    if (!before) return
    prepared<[string, string]>(db, 'UPDATE replicas SET state = ? WHERE id = ?').run(JSON.stringify({ ...before.facts, ...change }), id)
  })
}

/** Forgets what was known of the place that a replica had: it has another one, or copies another repository from now on. */
export function startReplicaAnew(db: WritableDb, id: ReplicaId, facts: Partial<ReplicaFacts> = {}): void {
  inTransaction(db, () => {
    noteReplica(db, id, { ...NO_FACTS, ...facts })
    putReplicaArchives(db, id, [])
  })
}

/** Notes up to when runs are taken care of; false when another process did so since `before`. */
export function claimReplicaRun(db: WritableDb, id: ReplicaId, before: string | null, at: string): boolean {
  return (
    prepared<[string, string, string | null]>(db, 'UPDATE replicas SET last_due_at = ? WHERE id = ? AND last_due_at IS ?').run(
      at,
      id,
      before,
    ).changes === 1
  )
}

/** Removes a replica's row; its place is left as it is. */
export function deleteReplica(db: WritableDb, id: ReplicaId): void {
  prepared<[string]>(db, 'DELETE FROM replicas WHERE id = ?').run(id)
}

/** Where an archive stands on a replica. */
export interface ReplicaArchive {
  archiveId: ArchiveId
  state: 'copied' | 'waiting' | 'incomplete' | 'not-kept'
  createdAt: string
  isOnHost: boolean
  lockedUntil: string | null
}

/** Replaces what is known of a replica's archives. */
export function putReplicaArchives(db: WritableDb, id: ReplicaId, archives: readonly ReplicaArchive[]): void {
  inTransaction(db, () => {
    prepared<[string]>(db, 'DELETE FROM replica_archives WHERE replica_id = ?').run(id)
    const insert = prepared<Record<string, unknown>>(
      db,
      `INSERT INTO replica_archives (replica_id, archive_id, state, created_at, is_on_host, locked_until)
       VALUES (:id, :archiveId, :state, :createdAt, :isOnHost, :lockedUntil)`,
    )
    for (const archive of archives) insert.run({ ...archive, id, isOnHost: archive.isOnHost ? 1 : 0 })
  })
}

/** How many archives are in which state, and the newest copied one. */
export function countReplicaArchives(
  db: ReadableDb,
  id: ReplicaId,
): {
  copied: number
  incomplete: number
  waiting: number
  newestCopiedAt: string | null
  newestKnownAt: string | null
  lockedUntil: string | null
} {
  const counts = prepared<
    [string],
    { copied: number; incomplete: number; waiting: number; newestCopiedAt: string | null; newestKnownAt: string | null }
  >(
    db,
    `SELECT count(*) FILTER (WHERE state = 'copied') AS copied, count(*) FILTER (WHERE state = 'incomplete') AS incomplete,
            count(*) FILTER (WHERE state = 'waiting') AS waiting, max(created_at) FILTER (WHERE state = 'copied') AS newestCopiedAt, max(created_at) AS newestKnownAt
     FROM replica_archives WHERE replica_id = ?`,
  ).get(id)!
  const newest = prepared<[string], { lockedUntil: string | null }>(
    db,
    `SELECT locked_until AS lockedUntil FROM replica_archives WHERE replica_id = ? AND state = 'copied' ORDER BY created_at DESC LIMIT 1`,
  ).get(id)
  return { ...counts, lockedUntil: newest?.lockedUntil ?? null }
}

/** Copies of archives, by archive. */
export function listCopies(
  db: ReadableDb,
  archiveIds: readonly ArchiveId[],
): (ReplicaArchive & { replicaId: ReplicaId; replica: string; target: ReplicaTarget })[] {
  type CopyRow = Omit<ReplicaArchive, 'isOnHost'> & { isOnHost: number; replicaId: ReplicaId; replica: string; target: string }
  return prepared<[string], CopyRow>(
    db,
    `SELECT a.archive_id AS archiveId, a.state, a.created_at AS createdAt, a.is_on_host AS isOnHost, a.locked_until AS lockedUntil,
            r.id AS replicaId, r.name AS replica, r.target
     FROM json_each(?) ids JOIN replica_archives a ON a.archive_id = ids.value JOIN replicas r ON r.id = a.replica_id
     ORDER BY r.name`,
  )
    .all(JSON.stringify(archiveIds))
    .map((row) => ({ ...row, isOnHost: row.isOnHost === 1, target: JSON.parse(row.target) as ReplicaTarget }))
}

/** How many replicas each workspace has; one without any is not in it. */
export function countReplicas(db: ReadableDb): Map<WorkspaceId, number> {
  const rows = prepared<[], { workspaceId: WorkspaceId; replicas: number }>(
    db,
    'SELECT workspace_id AS workspaceId, count(*) AS replicas FROM replicas GROUP BY workspace_id',
  ).all()
  return new Map(rows.map(({ workspaceId, replicas }) => [workspaceId, replicas]))
}

/** On how many replicas each of these archives is whole; one that is on none is not in it. */
export function countCopied(db: ReadableDb, archiveIds: readonly ArchiveId[]): Map<ArchiveId, number> {
  const rows = prepared<[string], { archiveId: ArchiveId; copied: number }>(
    db,
    `SELECT a.archive_id AS archiveId, count(*) AS copied FROM json_each(?) ids
     JOIN replica_archives a ON a.archive_id = ids.value AND a.state = 'copied' GROUP BY a.archive_id`,
  ).all(JSON.stringify(archiveIds))
  return new Map(rows.map(({ archiveId, copied }) => [archiveId, copied]))
}
