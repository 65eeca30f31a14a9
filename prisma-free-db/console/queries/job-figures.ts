import type { JobKind, JobOutcome } from '#lib/contracts/job.ts'
import { prepared, type ReadableDb } from '../../handle.ts'

/** How many jobs of a kind ended how. */
export function countJobOutcomes(db: ReadableDb): { kind: JobKind; outcome: JobOutcome; jobs: number }[] {
  return prepared<[], { kind: JobKind; outcome: JobOutcome; jobs: number }>(
    db,
    `SELECT kind, outcome, COUNT(*) AS jobs FROM jobs WHERE status = 'finished' GROUP BY kind, outcome ORDER BY kind, outcome`,
  ).all()
}

/** The newest finished job of each kind of a workspace: when it ended, how long it took, and how it ended. */
export function listNewestFinished(
  db: ReadableDb,
  workspaceId: string,
): { kind: JobKind; outcome: JobOutcome; startedAt: string | null; finishedAt: string }[] {
  return prepared<[string], { kind: JobKind; outcome: JobOutcome; startedAt: string | null; finishedAt: string }>(
    db,
    `SELECT kind, outcome, started_at AS startedAt, MAX(finished_at) AS finishedAt FROM jobs
     WHERE workspace_id = ? AND status = 'finished' GROUP BY kind ORDER BY kind`,
  ).all(workspaceId)
}
