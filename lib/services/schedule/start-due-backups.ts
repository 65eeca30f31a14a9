import { listOpenJobs } from '#db/console/queries/list-jobs.ts'
import { type BackupOptionsRecord, changeBackupOptions, getBackupOptions } from '#db/console/tables/backup-options.ts'
import { getJob } from '#db/console/tables/jobs.ts'
import { listWorkspaces, requireWorkspace, updateWorkspace, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { inTransaction } from '#db/handle.ts'
import type { JobId } from '#lib/base/ids.ts'
import { startBackup } from '../archives/start-backup.ts'
import type { ServiceContext } from '../context.ts'
import { backOffMs } from './back-off.ts'
import { newestDue } from './due.ts'
import { jitterMs } from './jitter.ts'
import { newestArchiveMs, takenCareOfUntil } from './overdue.ts'

/**
 * Starts the backup of each workspace that came due since its newest archive or start, and again those that failed, after a while. Many missed
 * runs are made up for by one, a backup that waits or runs already is one, and of two consoles on one home only one starts it. Returns the jobs.
 */
export async function startDueBackups(ctx: ServiceContext): Promise<JobId[]> {
  const started: JobId[] = []
  for (const workspace of listWorkspaces(ctx.consoleDb)) {
    const attempt = claimDue(ctx, workspace) ? 1 : claimRetry(ctx, workspace)
    if (attempt === 0) continue
    const { skipUnchanged } = getBackupOptions(ctx.consoleDb, workspace.id)
    const { jobId } = await startBackup(ctx, { workspaceId: workspace.id, skipUnchanged })
    note(ctx, workspace, { attempts: attempt, jobId, nextTryAt: null })
    started.push(jobId)
  }
  return started
}

/** Notes that the newest due run is taken care of; false when none is due, or it is taken care of already. */
function claimDue(ctx: ServiceContext, { id }: WorkspaceRecord): boolean {
  const newestMs = newestArchiveMs(ctx, id)
  return inTransaction(ctx.consoleDb, () => {
    const { schedule, timeZone, lastDueAt, createdAt } = requireWorkspace(ctx.consoleDb, id)
    const { runBy, jitterMinutes } = getBackupOptions(ctx.consoleDb, id)
    if (schedule === null || runBy === 'host') return false
    const nowMs = ctx.clock.nowMs()
    const sinceMs = takenCareOfUntil([Date.parse(createdAt), Date.parse(lastDueAt ?? createdAt), newestMs], nowMs)
    const due = newestDue(schedule, timeZone, sinceMs, nowMs - jitterMs(id, jitterMinutes))
    if (due === null) return false
    updateWorkspace(ctx.consoleDb, id, { lastDueAt: new Date(due).toISOString() }, new Date(nowMs).toISOString())
    return !isBackingUp(ctx, id)
  })
}

/** The number of the attempt that is to be made now of a run that failed; 0 when there is none. A run that a person cancelled is not tried again. */
function claimRetry(ctx: ServiceContext, workspace: WorkspaceRecord): number {
  const { id } = workspace
  const newestMs = newestArchiveMs(ctx, id)
  return inTransaction(ctx.consoleDb, () => {
    const options = getBackupOptions(ctx.consoleDb, id)
    if (options.jobId === null || options.runBy === 'host') return 0
    const { schedule, lastDueAt } = requireWorkspace(ctx.consoleDb, id)
    const job = getJob(ctx.consoleDb, options.jobId)
    if (job !== null && job.status !== 'finished') return 0
    const isOver = schedule === null || newestMs > Date.parse(lastDueAt ?? '') || options.attempts > options.retries
    if (isOver || (job?.outcome !== 'failure' && job?.outcome !== 'interrupted')) {
      note(ctx, workspace, { jobId: null, nextTryAt: null })
      return 0
    }
    return isTimeToRetry(ctx, workspace, options) && !isBackingUp(ctx, id) ? claimAttempt(ctx, workspace, options) : 0
  })
}

/** True when the time has come; when it is not known yet, it is set. A clock that was set back does not make it longer than it was meant to be. */
function isTimeToRetry(ctx: ServiceContext, workspace: WorkspaceRecord, { attempts, nextTryAt }: BackupOptionsRecord): boolean {
  const nowMs = ctx.clock.nowMs()
  const waitMs = backOffMs(attempts)
  const leftMs = nextTryAt === null ? null : Date.parse(nextTryAt) - nowMs
  if (leftMs !== null && leftMs <= 0) return true
  if (leftMs === null || leftMs > waitMs) note(ctx, workspace, { nextTryAt: new Date(nowMs + waitMs).toISOString() })
  return false
}

/** The other console finds no job to look after until this one has started its own. */
function claimAttempt(ctx: ServiceContext, workspace: WorkspaceRecord, { attempts }: BackupOptionsRecord): number {
  note(ctx, workspace, { jobId: null, nextTryAt: null })
  return attempts + 1
}

function note(ctx: ServiceContext, { id }: WorkspaceRecord, change: Partial<BackupOptionsRecord>): void {
  changeBackupOptions(ctx.consoleDb, id, change, new Date(ctx.clock.nowMs()).toISOString())
}

const isBackingUp = (ctx: ServiceContext, id: string) =>
  listOpenJobs(ctx.consoleDb).some((job) => job.kind === 'backup' && job.workspaceId === id)
