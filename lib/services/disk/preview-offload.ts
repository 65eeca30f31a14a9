import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import type { DiskReport, OffloadPlan, OffloadPolicy } from '#lib/contracts/disk.ts'
import type { RunbookStep } from '#lib/contracts/recover.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { reportDisk } from './disk-report.ts'
import { inspectText, OFFLOAD_STEPS, plannedTexts, planText } from './offload-texts.ts'
import { type PreparedOffload, planOffload } from './plan-offload.ts'
import { RunbookSteps } from './runbook-steps.ts'

/** What looking and planning need. */
export interface OffloadRequest {
  workspace: WorkspaceRecord
  policy: OffloadPolicy
  signal: AbortSignal
}

/** What a dry run says. */
export interface OffloadPreview {
  steps: RunbookStep[]
  report: DiskReport
  plan: OffloadPlan
}

/** Looks and plans, and says what the other steps would do. */
export async function previewOffload(ctx: ServiceContext, request: OffloadRequest): Promise<OffloadPreview> {
  requireRight(ctx, 'list')
  const steps = stepsOf(ctx)
  const { report, prepared } = await lookAndPlan(ctx, steps, request)
  const { plan } = prepared
  const texts = plannedTexts(plan)
  for (const id of ['archive', 'verify', 'delete', 're-check'] as const) {
    if (plan.totals.files === 0) steps.note(id, 'skipped', 'There is nothing to do.')
    else steps.note(id, 'planned', texts[id])
  }
  return { steps: steps.all, report, plan }
}

/** The steps of the runbook, none of them run yet. */
export const stepsOf = (ctx: ServiceContext, onStep: (step: RunbookStep) => void = () => {}) =>
  new RunbookSteps({ steps: OFFLOAD_STEPS, monotonicMs: () => ctx.clock.monotonicMs(), onStep })

/** The first two steps, which a dry run takes, too. */
export async function lookAndPlan(
  ctx: ServiceContext,
  steps: RunbookSteps,
  { workspace, policy, signal }: OffloadRequest,
): Promise<{ report: DiskReport; prepared: PreparedOffload }> {
  const report = await steps.run('inspect', async () => {
    const seen = await reportDisk(ctx, workspace, signal)
    return [seen, { detail: inspectText(seen) }]
  })
  const prepared = await steps.run('plan', async () => {
    const planned = await planOffload(ctx, workspace, policy, signal)
    return [planned, { detail: planText(planned.plan) }]
  })
  return { report, prepared }
}
