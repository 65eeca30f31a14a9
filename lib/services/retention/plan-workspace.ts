import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { Forward, PolicyDraft, RetentionPlan, RetentionPolicy, Simulation } from '#lib/contracts/retention.ts'
import { type PlanInput, planRetention } from '#lib/engine/retention/plan-retention.ts'
import { simulateForward } from '#lib/engine/retention/simulate-forward.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { archiveFacts, type KnownArchive } from './archive-facts.ts'
import { draftedPolicy, zoneOf } from './rules.ts'

/** What a policy would do to a workspace right now; from the catalog alone, so without bytes. */
export function planWorkspace(ctx: ServiceContext, workspaceId: WorkspaceId, policy: RetentionPolicy): RetentionPlan {
  requireRight(ctx, 'list')
  return decide(ctx, workspaceId, policy).plan
}

/** The same for a draft, and how it will have worked after a year of daily backups. */
export function simulateRetention(ctx: ServiceContext, workspaceId: WorkspaceId, draft: PolicyDraft): Simulation {
  requireRight(ctx, 'list')
  const { plan, input } = decide(ctx, workspaceId, draftedPolicy(ctx, workspaceId, draft))
  const forward: Forward = simulateForward(input).map(({ atMs, archives, forgotten, oldestMs }) => {
    return { at: isoOf(atMs), archives, forgotten, oldestAt: isoOf(oldestMs) }
  })
  return { plan, forward }
}

function decide(ctx: ServiceContext, workspaceId: WorkspaceId, policy: RetentionPolicy): { plan: RetentionPlan; input: PlanInput } {
  const known = archiveFacts(ctx, workspaceId)
  const timeZone = zoneOf(ctx, workspaceId, policy)
  const nowMs = ctx.clock.nowMs()
  const { timeZone: _, ...rules } = policy
  const input: PlanInput = { workspaceId, archives: known, policy: rules, timeZone, nowMs }
  const { archives, ...decided } = planRetention(input)
  const byId = new Map(known.map((one) => [one.id, one]))
  const plan: RetentionPlan = {
    workspaceId,
    workspace: requireWorkspace(ctx.consoleDb, workspaceId).name,
    policy,
    timeZone,
    plannedAt: isoOf(nowMs),
    ...decided,
    archives: archives.map(({ createdAtMs, ...one }) => ({ ...one, createdAt: isoOf(createdAtMs), ...shownOf(byId.get(one.archiveId)!) })),
    reclaimBytes: null,
    referencedBytes: null,
    lost: null,
  }
  return { plan, input }
}

function shownOf({ grade, gradedAt, hold, contentBytes, note }: KnownArchive) {
  return { grade, gradedAt, held: hold !== null, contentBytes, note }
}

const isoOf = (ms: number) => new Date(ms).toISOString()
