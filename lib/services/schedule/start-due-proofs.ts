import { getWorkspaceFacts } from '#db/catalog/queries/last-good.ts'
import { listOpenJobs } from '#db/console/queries/list-jobs.ts'
import { getBackupOptions } from '#db/console/tables/backup-options.ts'
import { getProofSchedule, putProofSchedule } from '#db/console/tables/proof-schedules.ts'
import { listWorkspaces, requireWorkspace, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { inTransaction } from '#db/handle.ts'
import { isAppError } from '#lib/base/errors.ts'
import type { ArchiveId, JobId, WorkspaceId } from '#lib/base/ids.ts'
import type { ServiceContext } from '../context.ts'
import { startVerify, startVerifyDue } from '../verify/start-verify.ts'
import { newestDue } from './due.ts'
import { takenCareOfUntil } from './overdue.ts'

/**
 * Starts the verify and the drill of each workspace that came due. Many missed runs are made up for by one, what waits or runs already is one, and
 * of two consoles on one home only one starts it. A verify waits for the backup of the workspace that is still at work. Returns the jobs.
 */
export async function startDueProofs(ctx: ServiceContext): Promise<JobId[]> {
  const started: JobId[] = []
  for (const workspace of listWorkspaces(ctx.consoleDb)) {
    const facts = factsOf(ctx, workspace.id)
    if (facts === null || facts.archives === 0) continue
    if (claim(ctx, workspace, 'verify')) {
      const { verifyLevel, verifyBudgetMinutes } = getProofSchedule(ctx.consoleDb, workspace.id)
      const input = { workspaceId: workspace.id, level: verifyLevel, budgetMinutes: verifyBudgetMinutes }
      started.push((await startVerifyDue(ctx, input)).jobId)
    }
    if (facts.lastGood && claim(ctx, workspace, 'drill')) {
      started.push((await startVerify(ctx, { archiveId: facts.lastGood.id as ArchiveId, level: 'drill' })).jobId)
    }
  }
  return started
}

/** Notes that the newest due run is taken care of; false when none is due, it is taken care of already, or has to wait. */
function claim(ctx: ServiceContext, { id }: WorkspaceRecord, kind: 'verify' | 'drill'): boolean {
  return inTransaction(ctx.consoleDb, () => {
    const { timeZone, createdAt } = requireWorkspace(ctx.consoleDb, id)
    const proofs = getProofSchedule(ctx.consoleDb, id)
    const schedule = kind === 'verify' ? proofs.verifySchedule : proofs.drillSchedule
    const lastDueAt = kind === 'verify' ? proofs.lastVerifyDueAt : proofs.lastDrillDueAt
    if (schedule === null || getBackupOptions(ctx.consoleDb, id).runBy === 'host') return false
    const nowMs = ctx.clock.nowMs()
    const due = newestDue(schedule, timeZone, takenCareOfUntil([Date.parse(createdAt), Date.parse(lastDueAt ?? createdAt)], nowMs), nowMs)
    if (due === null) return false
    const open = listOpenJobs(ctx.consoleDb).filter((job) => job.workspaceId === id)
    if (open.some((job) => job.kind === 'backup')) return false
    const noted = kind === 'verify' ? { lastVerifyDueAt: new Date(due).toISOString() } : { lastDrillDueAt: new Date(due).toISOString() }
    putProofSchedule(ctx.consoleDb, id, { ...proofs, ...noted }, new Date(nowMs).toISOString())
    return !open.some((job) => job.kind === kind)
  })
}

function factsOf(ctx: ServiceContext, workspaceId: WorkspaceId) {
  try {
    return getWorkspaceFacts(ctx.catalogDb(), workspaceId, ctx.clock.nowMs())
  } catch (error) {
    if (isAppError(error) && error.code.startsWith('catalog_')) return null
    throw error
  }
}
