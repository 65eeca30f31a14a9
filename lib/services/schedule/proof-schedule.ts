import { getProofSchedule, putProofSchedule } from '#db/console/tables/proof-schedules.ts'
import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import { AppError } from '#lib/base/errors.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { ProofSchedule } from '#lib/contracts/evidence.ts'
import { record } from '../audit/record.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { nextDue, scheduleProblem } from './due.ts'

/** When archives of a workspace are verified and drilled by themselves, with the next runs. */
export function showProofSchedule(ctx: ServiceContext, workspaceId: WorkspaceId): ProofSchedule {
  requireRight(ctx, 'list')
  const { timeZone } = requireWorkspace(ctx.consoleDb, workspaceId)
  const { verifySchedule, verifyLevel, verifyBudgetMinutes, drillSchedule } = getProofSchedule(ctx.consoleDb, workspaceId)
  const nowMs = ctx.clock.nowMs()
  const next = (schedule: string | null) => {
    const due = schedule === null ? null : nextDue(schedule, timeZone, nowMs)
    return due === null ? null : new Date(due).toISOString()
  }
  const runs = { nextVerifyAt: next(verifySchedule), nextDrillAt: next(drillSchedule) }
  return { workspaceId, timeZone, verifySchedule, verifyLevel, verifyBudgetMinutes, drillSchedule, ...runs }
}

export interface UpdateProofsInput {
  workspaceId: WorkspaceId
  /** A cron expression; null = never by itself. */
  verifySchedule?: string | null | undefined
  verifyLevel?: ProofSchedule['verifyLevel'] | undefined
  verifyBudgetMinutes?: number | undefined
  drillSchedule?: string | null | undefined
}

/** Changes when archives are proven again; what is left out stays. Runs that came due before do not count any more. */
export function updateProofSchedule(ctx: ServiceContext, input: UpdateProofsInput): ProofSchedule {
  requireRight(ctx, 'settings')
  const { workspaceId, ...given } = input
  const { timeZone } = requireWorkspace(ctx.consoleDb, workspaceId)
  const change = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  for (const schedule of [given.verifySchedule, given.drillSchedule]) {
    const problem = schedule ? scheduleProblem(schedule, timeZone) : null
    if (problem) throw new AppError('invalid_input', { message: problem, hint: 'Write a cron expression such as `0 3 * * *`.' })
  }
  const now = new Date(ctx.clock.nowMs()).toISOString()
  const restarted = {
    ...(given.verifySchedule === undefined ? {} : { lastVerifyDueAt: now }),
    ...(given.drillSchedule === undefined ? {} : { lastDrillDueAt: now }),
  }
  putProofSchedule(ctx.consoleDb, workspaceId, { ...getProofSchedule(ctx.consoleDb, workspaceId), ...change, ...restarted }, now)
  record(ctx, 'workspace.proofs', { kind: 'workspace', id: workspaceId, workspaceId }, change)
  return showProofSchedule(ctx, workspaceId)
}
