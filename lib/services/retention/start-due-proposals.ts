import { getBackupOptions } from '#db/console/tables/backup-options.ts'
import { getRetentionSettings, putRetentionSettings } from '#db/console/tables/retention.ts'
import { listWorkspaces, requireWorkspace, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { inTransaction } from '#db/handle.ts'
import { isAppError, toAppError } from '#lib/base/errors.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { RetentionPlan } from '#lib/contracts/retention.ts'
import { runVerb } from '#lib/jobs/spawn-verb.ts'
import { programOf } from '../console/verbs.ts'
import type { ServiceContext } from '../context.ts'
import { newestDue } from '../schedule/due.ts'
import { takenCareOfUntil } from '../schedule/overdue.ts'
import { planWorkspace } from './plan-workspace.ts'
import { listWaiting } from './proposals.ts'
import { policyOf } from './rules.ts'

/**
 * Raises the proposal of each workspace that came due, when something would go and the same plan does not wait already. Many missed runs are made
 * up for by one, and of two consoles on one home only one raises it. Returns the workspaces, and what could not be raised as messages.
 */
export async function startDueProposals(ctx: ServiceContext): Promise<{ raised: WorkspaceId[]; problems: string[] }> {
  const raised: WorkspaceId[] = []
  const problems: string[] = []
  for (const workspace of listWorkspaces(ctx.consoleDb)) {
    if (!claim(ctx, workspace)) continue
    try {
      const plan = planOf(ctx, workspace.id)
      if (plan === null || plan.forgetCount === 0 || isWaiting(ctx, plan)) continue
      await runVerb(programOf(ctx), ['retention', 'propose', '--', workspace.id])
      raised.push(workspace.id)
    } catch (error) {
      problems.push(`A retention proposal for ${workspace.name} could not be raised: ${toAppError(error).message}`)
    }
  }
  return { raised, problems }
}

/** Notes that the newest due run is taken care of; false when none is due. */
function claim(ctx: ServiceContext, { id }: WorkspaceRecord): boolean {
  return inTransaction(ctx.consoleDb, () => {
    const { timeZone, createdAt } = requireWorkspace(ctx.consoleDb, id)
    const settings = getRetentionSettings(ctx.consoleDb, id)
    if (settings.schedule === null || getBackupOptions(ctx.consoleDb, id).runBy === 'host') return false
    const nowMs = ctx.clock.nowMs()
    const sinceMs = takenCareOfUntil([Date.parse(createdAt), Date.parse(settings.lastDueAt ?? createdAt)], nowMs)
    const due = newestDue(settings.schedule, timeZone, sinceMs, nowMs)
    if (due === null) return false
    putRetentionSettings(ctx.consoleDb, id, { ...settings, lastDueAt: new Date(due).toISOString() }, new Date(nowMs).toISOString())
    return true
  })
}

const isWaiting = (ctx: ServiceContext, { workspaceId, digest }: RetentionPlan) =>
  listWaiting(ctx, workspaceId).some((waiting) => waiting.status === 'approved' || waiting.digest === digest)

function planOf(ctx: ServiceContext, workspaceId: WorkspaceId): RetentionPlan | null {
  try {
    return planWorkspace(ctx, workspaceId, policyOf(ctx.consoleDb, workspaceId))
  } catch (error) {
    if (isAppError(error) && error.code.startsWith('catalog_')) return null
    throw error
  }
}
