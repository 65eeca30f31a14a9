import type { JobId, WorkspaceId } from '#lib/base/ids.ts'
import type { Finding } from '#lib/contracts/common.ts'
import type { Job, JobKind, JobOutcome, JobProgress, JobStatus } from '#lib/contracts/job.ts'

/** Names one process of one boot: a pid alone is soon another program's. */
export interface ProcessIdentity {
  pid: number
  /** Start time of the process in the kernel's own unit, as text. */
  startTime: string
  bootId: string
  host: string
}

/** A job as it is stored: the shared shape, and what only the console needs. */
export interface JobRecord extends Omit<Job, 'restoreRequest'> {
  /** What the job was asked to do. */
  input: unknown
  actorId: string | null
  /** The process that does the work; null until it is known. */
  process: ProcessIdentity | null
  /** Grows with each change of any job; the newest one is what a feed has seen. */
  revision: number
}

/** What a job starts with. */
export type NewJob = Pick<
  JobRecord,
  'id' | 'kind' | 'workspaceId' | 'workspace' | 'title' | 'command' | 'input' | 'actor' | 'actorId' | 'createdAt'
> & {
  waitsFor?: string | null
}

/** How a job ended. */
export interface JobEnd {
  outcome: JobOutcome
  finishedAt: string
  findings?: Finding[]
  result?: unknown
  error?: { code: string; message: string; hint: string } | null
}

/** The row of the table `jobs`. */
export interface JobRow {
  id: string
  kind: string
  workspace_id: string | null
  workspace: string | null
  title: string
  command: string
  input: string
  status: string
  outcome: string | null
  actor_id: string | null
  actor: string
  created_at: string
  started_at: string | null
  finished_at: string | null
  progress: string | null
  waits_for: string | null
  findings: string
  result: string | null
  error: string | null
  process: string | null
  revision: number
}

/** The columns of a JobRow, for SELECT and RETURNING. */
export const JOB_COLUMNS =
  'id, kind, workspace_id, workspace, title, command, input, status, outcome, actor_id, actor, created_at, started_at, finished_at, progress, waits_for, findings, result, error, process, revision'

/** A row as the program speaks of it. */
export function jobFromRow(row: JobRow): JobRecord {
  return {
    id: row.id as JobId,
    kind: row.kind as JobKind,
    workspaceId: row.workspace_id as WorkspaceId | null,
    workspace: row.workspace,
    title: row.title,
    command: row.command,
    input: JSON.parse(row.input),
    status: row.status as JobStatus,
    outcome: row.outcome as JobOutcome | null,
    actorId: row.actor_id,
    actor: row.actor,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    progress: fromJson<JobProgress>(row.progress),
    waitsFor: row.waits_for,
    findings: JSON.parse(row.findings) as Finding[],
    result: fromJson<unknown>(row.result),
    error: fromJson<{ code: string; message: string; hint: string }>(row.error),
    process: fromJson<ProcessIdentity>(row.process),
    revision: row.revision,
  }
}

/** JSON text of a value; null stays SQL's NULL. */
export function toJson(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value)
}

function fromJson<T>(text: string | null): T | null {
  return text === null ? null : (JSON.parse(text) as T)
}
