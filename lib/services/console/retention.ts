/** Retention for the console where it reads manifests, as children running the command line's own verbs. Each function authorises first. */
import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { PolicyDraft, Proposal, ProposeInput, RetentionPlan } from '#lib/contracts/retention.ts'
import { runVerb } from '#lib/jobs/spawn-verb.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { recallMeasure } from '../retention/measure-plan.ts'
import { planWorkspace } from '../retention/plan-workspace.ts'
import { getProposal } from '../retention/proposals.ts'
import { draftedPolicy } from '../retention/rules.ts'
import { programOf } from './verbs.ts'

/**
 * The plan of a draft with its bytes, and with what would be found nowhere else; without a child where these archives were measured before. With a long
 * history that reads for minutes: behind whoever waits for a page, and no longer than somebody waits for it.
 */
export async function planRetentionInChild(
  ctx: ServiceContext,
  workspaceId: WorkspaceId,
  draft: PolicyDraft,
  signal?: AbortSignal,
): Promise<RetentionPlan> {
  const known = recallMeasure(ctx, planWorkspace(ctx, workspaceId, draftedPolicy(ctx, workspaceId, draft)))
  if (known) return known
  const { id } = requireWorkspace(ctx.consoleDb, workspaceId)
  const argv = ['retention', 'plan', ...draftArguments(draft), '--', id]
  return runVerb(programOf(ctx), argv, { signal, isYielding: true }) as Promise<RetentionPlan>
}

/** Raises a proposal. */
export async function proposeInChild(ctx: ServiceContext, input: ProposeInput): Promise<Proposal> {
  requireRight(ctx, 'propose')
  const { workspaceId, draft, note, digest } = input
  draftedPolicy(ctx, workspaceId, draft)
  const { id } = requireWorkspace(ctx.consoleDb, workspaceId)
  const more = [...(note ? [`--note=${note}`] : []), ...(digest ? [`--digest=${digest}`] : [])]
  const printed = await runVerb(programOf(ctx), ['retention', 'propose', ...draftArguments(draft), ...more, '--', id])
  const { proposal } = printed as { proposal: string | null }
  // Nothing would go: the service says so in the same words.
  if (proposal === null) return (await import('../retention/proposals.ts')).propose(ctx, input)
  return getProposal(ctx, proposal)
}

/** The options of `orchive retention plan` that mean this draft. */
export function draftArguments(draft: PolicyDraft): string[] {
  const options: [keyof PolicyDraft, string][] = [
    ['keepLast', '--keep-last'],
    ['dailyDays', '--daily'],
    ['weeklyWeeks', '--weekly'],
    ['monthlyMonths', '--monthly'],
    ['yearlyYears', '--yearly'],
    ['otherDays', '--other'],
  ]
  return options.flatMap(([field, option]) => (draft[field] === undefined ? [] : [`${option}=${draft[field]}`]))
}
