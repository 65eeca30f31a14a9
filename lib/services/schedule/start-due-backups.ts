import { getWorkspaceFacts } from '#db/catalog/queries/last-good.ts'
import { listOpenJobs } from '#db/console/queries/list-jobs.ts'
import { listWorkspaces, requireWorkspace, updateWorkspace, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { inTransaction } from '#db/handle.ts'
import { isAppError } from '#lib/base/errors.ts'
import type { JobId } from '#lib/base/ids.ts'
import type { ServiceContext } from '../context.ts'
import { startBackup } from '../jobs/start-job.ts'
import { newestDue } from './due.ts'

/** A time further ahead than this was written by a clock that was wrong; waiting for it would end the schedule in silence. */
const CLOCK_WAS_WRONG_MS = 86_400_000

/**
 * Starts the backup of each workspace that came due since its newest archive or start. Many missed runs are made up for by one, a backup that
 * waits or runs already is one, and of two consoles on one home only one starts it. Returns the jobs.
 */
export async function startDueBackups(ctx: ServiceContext): Promise<JobId[]> {
  const started: JobId[] = []
  for (const workspace of listWorkspaces(ctx.consoleDb)) {
    if (!claimDue(ctx, workspace)) continue
    const { jobId } = await startBackup(ctx, { workspaceId: workspace.id })
    started.push(jobId)
  }
  return started
}

/** Notes that the newest due run is taken care of; false when none is due, or it is taken care of already. */
function claimDue(ctx: ServiceContext, { id }: WorkspaceRecord): boolean {
  const newestMs = newestArchiveMs(ctx, id)
  return inTransaction(ctx.consoleDb, () => {
    const { schedule, timeZone, lastDueAt, createdAt } = requireWorkspace(ctx.consoleDb, id)
    if (schedule === null) return false
    const nowMs = ctx.clock.nowMs()
    const sinceMs = takenCareOfUntil([Date.parse(createdAt), Date.parse(lastDueAt ?? createdAt), newestMs], nowMs)
    const due = newestDue(schedule, timeZone, sinceMs, nowMs)
    if (due === null) return false
    updateWorkspace(ctx.consoleDb, id, { lastDueAt: new Date(due).toISOString() }, new Date(nowMs).toISOString())
    return !listOpenJobs(ctx.consoleDb).some((job) => job.kind === 'backup' && job.workspaceId === id)
  })
}

/** Up to when nothing is missing. A clock that was set back a little is waited for, so that no run is made twice; one that had been far ahead is not. */
export function takenCareOfUntil(times: number[], nowMs: number): number {
  const known = times.filter((time) => time - nowMs <= CLOCK_WAS_WRONG_MS)
  return known.length > 0 ? Math.max(...known) : nowMs - CLOCK_WAS_WRONG_MS
}

/** When the newest whole archive was taken; 0 without one, or without a catalog to ask. */
function newestArchiveMs(ctx: ServiceContext, workspaceId: string): number {
  try {
    const { newest } = getWorkspaceFacts(ctx.catalogDb(), workspaceId, ctx.clock.nowMs())
    return newest ? Date.parse(newest.createdAt) : 0
  } catch (error) {
    if (isAppError(error) && error.code.startsWith('catalog_')) return 0
    throw error
  }
}
