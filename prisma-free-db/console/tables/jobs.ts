/**
 * The life of a job: queued → running → (cancelling →) finished. Each transition repeats the state it starts from in its
 * own WHERE, so that two processes that both mean to end a job cannot both do it; the one that comes late gets `job_state`.
 */
import { AppError } from '#lib/base/errors.ts'
import type { JobProgress } from '#lib/contracts/job.ts'
import { inTransaction, prepared, type ReadableDb, type WritableDb } from '../../handle.ts'
import {
  JOB_COLUMNS,
  type JobEnd,
  type JobRecord,
  type JobRow,
  jobFromRow,
  type NewJob,
  type ProcessIdentity,
  toJson,
} from '../job-record.ts'

const NEXT_REVISION = '(SELECT COALESCE(MAX(revision), 0) + 1 FROM jobs)'

/** Queues a job. */
export function insertJob(db: WritableDb, job: NewJob): JobRecord {
  const row = prepared<Record<string, unknown>, JobRow>(
    db,
    `INSERT INTO jobs (id, kind, workspace_id, workspace, title, command, input, status, actor_id, actor, created_at, waits_for, revision)
     VALUES (:id, :kind, :workspaceId, :workspace, :title, :command, :input, 'queued', :actorId, :actor, :createdAt, :waitsFor, ${NEXT_REVISION})
     RETURNING ${JOB_COLUMNS}`,
  ).get({ ...job, input: JSON.stringify(job.input ?? null), waitsFor: job.waitsFor ?? null })
  return jobFromRow(row!)
}

/** queued → running, by the process that will do the work. Throws `job_unknown`, or `job_state` when it is not queued any more. */
export function claimJob(db: WritableDb, id: string, claim: { startedAt: string; process: ProcessIdentity | null }): JobRecord {
  return transition(
    db,
    id,
    'start',
    `UPDATE jobs
     SET status = 'running', started_at = :startedAt, process = COALESCE(:process, process), waits_for = NULL, revision = ${NEXT_REVISION}
     WHERE id = :id AND status IN ('queued') RETURNING ${JOB_COLUMNS}`,
    { startedAt: claim.startedAt, process: toJson(claim.process) },
  )
}

/** Notes which process was started for a job that is not finished; false when it is. */
export function noteProcess(db: WritableDb, id: string, identity: ProcessIdentity): boolean {
  return (
    prepared<Record<string, unknown>>(
      db,
      `UPDATE jobs SET process = :process, revision = ${NEXT_REVISION} WHERE id = :id AND status IN ('queued', 'running', 'cancelling')`,
    ).run({ id, process: toJson(identity) }).changes === 1
  )
}

/** Says in words what a job waits for, null when for nothing any more; false when it is finished. */
export function noteWaiting(db: WritableDb, id: string, waitsFor: string | null): boolean {
  return (
    prepared<Record<string, unknown>>(
      db,
      `UPDATE jobs SET waits_for = :waitsFor, revision = ${NEXT_REVISION} WHERE id = :id AND status IN ('queued', 'running')`,
    ).run({ id, waitsFor }).changes === 1
  )
}

/** Stores the newest progress; false (and nothing changes) when the job does not run. */
export function saveProgress(db: WritableDb, id: string, progress: JobProgress): boolean {
  return (
    prepared<Record<string, unknown>>(
      db,
      `UPDATE jobs SET progress = :progress, revision = ${NEXT_REVISION} WHERE id = :id AND status IN ('running', 'cancelling')`,
    ).run({ id, progress: toJson(progress) }).changes === 1
  )
}

/** Stores what is done so far; it stands as the result of a job that ends without one. False (and nothing changes) when the job does not run. */
export function saveResult(db: WritableDb, id: string, result: unknown): boolean {
  return (
    prepared<Record<string, unknown>>(
      db,
      `UPDATE jobs SET result = :result, revision = ${NEXT_REVISION} WHERE id = :id AND status IN ('running', 'cancelling')`,
    ).run({ id, result: toJson(result) }).changes === 1
  )
}

/**
 * Asks a job to stop. A queued one that no process works on is finished at once as cancelled, a running one becomes
 * cancelling and its process has to be told. Throws `job_unknown`, or `job_state` when it is cancelling or finished.
 */
export function requestCancel(db: WritableDb, id: string, at: string): JobRecord {
  return transition(
    db,
    id,
    'cancel',
    `UPDATE jobs
     SET status = CASE WHEN status = 'queued' AND process IS NULL THEN 'finished' ELSE 'cancelling' END,
         outcome = CASE WHEN status = 'queued' AND process IS NULL THEN 'cancelled' END,
         finished_at = CASE WHEN status = 'queued' AND process IS NULL THEN :at END,
         waits_for = NULL, revision = ${NEXT_REVISION}
     WHERE id = :id AND status IN ('queued', 'running') RETURNING ${JOB_COLUMNS}`,
    { at },
  )
}

/** Any open state → finished. Throws `job_unknown`, or `job_state` when it was finished before: the first end stands. */
export function finishJob(db: WritableDb, id: string, end: JobEnd): JobRecord {
  return transition(
    db,
    id,
    'finish',
    `UPDATE jobs
     SET status = 'finished', outcome = :outcome, finished_at = :finishedAt, findings = :findings,
         result = COALESCE(:result, result), error = :error,
         waits_for = NULL, revision = ${NEXT_REVISION}
     WHERE id = :id AND status IN ('queued', 'running', 'cancelling') RETURNING ${JOB_COLUMNS}`,
    {
      outcome: end.outcome,
      finishedAt: end.finishedAt,
      findings: JSON.stringify(end.findings ?? []),
      result: toJson(end.result),
      error: toJson(end.error),
    },
  )
}

/** The job with this id, or null. */
export function getJob(db: ReadableDb, id: string): JobRecord | null {
  const row = prepared<[string], JobRow>(db, `SELECT ${JOB_COLUMNS} FROM jobs WHERE id = ?`).get(id)
  return row ? jobFromRow(row) : null
}

/** The job with this id; throws `job_unknown`. */
export function requireJob(db: ReadableDb, id: string): JobRecord {
  const job = getJob(db, id)
  if (!job) {
    throw new AppError('job_unknown', { message: `There is no job ${id}.`, hint: 'See the list of jobs.', context: { jobId: id } })
  }
  return job
}

function transition(db: WritableDb, id: string, verb: string, sql: string, values: Record<string, unknown>): JobRecord {
  return inTransaction(db, () => {
    const row = prepared<Record<string, unknown>, JobRow>(db, sql).get({ ...values, id })
    if (row) return jobFromRow(row)
    const job = requireJob(db, id)
    throw new AppError('job_state', {
      message: `Job ${id} is ${job.status}${job.outcome ? ` (${job.outcome})` : ''}; it cannot ${verb} now.`,
      hint: job.status === 'finished' ? 'Start it again if it is still wanted.' : 'Look at the job before trying again.',
      context: { jobId: id, status: job.status, outcome: job.outcome, verb },
    })
  })
}
