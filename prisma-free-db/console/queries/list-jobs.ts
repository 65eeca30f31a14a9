import type { JobKind, JobOutcome, JobStatus } from '#lib/contracts/job.ts'
import { decodeCursor, encodeCursor, pageLimit } from '../../cursor.ts'
import { prepared, type ReadableDb } from '../../handle.ts'
import { JOB_COLUMNS, type JobRecord, type JobRow, jobFromRow } from '../job-record.ts'

/** Which jobs; a key left out does not narrow. */
export interface JobFilter {
  workspaceId?: string | null
  kind?: JobKind
  status?: JobStatus
  outcome?: JobOutcome
  cursor?: string | null
  limit?: number
}

/** The SQL of a page of jobs of one workspace, or of all of them. */
export const LIST_JOBS = {
  ofWorkspace: listSql('workspace_id = :workspaceId AND'),
  ofAll: listSql(''),
}

/** A page of jobs, newest first. */
export function listJobs(db: ReadableDb, filter: JobFilter = {}): { rows: JobRecord[]; nextCursor: string | null } {
  const limit = pageLimit(filter.limit, 50, 500)
  // `~` sorts after every ISO time and every id.
  const [beforeAt, beforeId] = decodeCursor('jobs', filter.cursor, ['string', 'string']) ?? ['~', '~']
  const rows = prepared<Record<string, unknown>, JobRow>(db, filter.workspaceId ? LIST_JOBS.ofWorkspace : LIST_JOBS.ofAll).all({
    ...(filter.workspaceId ? { workspaceId: filter.workspaceId } : {}),
    beforeAt,
    beforeId,
    kind: filter.kind ?? null,
    status: filter.status ?? null,
    outcome: filter.outcome ?? null,
    limit: limit + 1,
  })
  const page = rows.slice(0, limit).map(jobFromRow)
  const last = page.at(-1)
  return { rows: page, nextCursor: rows.length > limit && last ? encodeCursor('jobs', [last.createdAt, last.id]) : null }
}

/** Every job that is not finished, oldest first: what a starting console has to adopt or end. */
export function listOpenJobs(db: ReadableDb): JobRecord[] {
  return prepared<[], JobRow>(db, `SELECT ${JOB_COLUMNS} FROM jobs WHERE status <> 'finished' ORDER BY created_at, id`)
    .all()
    .map(jobFromRow)
}

/** When backups of a workspace that came to their end were started, at or after this ISO time; their archives may be forgotten by now. */
export const LIST_BACKUP_TIMES = `SELECT created_at AS at FROM jobs
   WHERE workspace_id = :workspaceId AND created_at >= :since AND kind = 'backup' AND outcome IN ('success', 'warning')`
export function listBackupTimes(db: ReadableDb, workspaceId: string, since: string): string[] {
  return prepared<Record<string, unknown>, { at: string }>(db, LIST_BACKUP_TIMES)
    .all({ workspaceId, since })
    .map(({ at }) => at)
}

/** The newest revision of any job; 0 when there is none. Cheap enough to poll. */
export function newestRevision(db: ReadableDb): number {
  return prepared<[], { revision: number | null }>(db, 'SELECT MAX(revision) AS revision FROM jobs').get()!.revision ?? 0
}

/** Jobs that changed after this revision, oldest change first. */
export function listJobsChangedSince(db: ReadableDb, revision: number): JobRecord[] {
  return prepared<[number], JobRow>(db, `SELECT ${JOB_COLUMNS} FROM jobs WHERE revision > ? ORDER BY revision LIMIT 500`)
    .all(revision)
    .map(jobFromRow)
}

function listSql(scope: string): string {
  return `SELECT ${JOB_COLUMNS} FROM jobs
     WHERE ${scope} (created_at, id) < (:beforeAt, :beforeId)
       AND (:kind IS NULL OR kind = :kind)
       AND (:status IS NULL OR status = :status)
       AND (:outcome IS NULL OR outcome = :outcome)
     ORDER BY created_at DESC, id DESC LIMIT :limit`
}
