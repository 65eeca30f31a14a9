import {
  DEFAULT_SETTINGS,
  getPolicyChange,
  getRetentionSettings,
  putPolicyChange,
  putRetentionSettings,
} from '#db/console/tables/retention.ts'
import { listWorkspaces, requireWorkspace } from '#db/console/tables/workspaces.ts'
import { inTransaction, type ReadableDb } from '#db/handle.ts'
import { AppError } from '#lib/base/errors.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import {
  POLICY_FIELDS,
  type PolicyChange,
  type PolicyDraft,
  type RetentionDefault,
  type RetentionPolicy,
  RetentionPolicySchema,
  type RetentionRules,
  type RetentionSettings,
} from '#lib/contracts/retention.ts'
import { TRASH_DAYS } from '#lib/contracts/trash-days.ts'
import { assertPolicy, DEFAULT_POLICY } from '#lib/engine/retention/policy.ts'
import { record } from '../audit/record.ts'
import { maySee, requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { nextDue, scheduleProblem } from '../schedule/due.ts'

const PROGRAM_DEFAULT: RetentionPolicy = { ...DEFAULT_POLICY, timeZone: null }

/** The policy that holds for a workspace: the program's default, changed by the home's, changed by its own. */
export function policyOf(db: ReadableDb, workspaceId: WorkspaceId): RetentionPolicy {
  return merge(defaultPolicy(db), getPolicyChange(db, workspaceId))
}

const defaultPolicy = (db: ReadableDb): RetentionPolicy => merge(PROGRAM_DEFAULT, getPolicyChange(db, 'default'))

/** A policy with a change laid over it; null and what is left out stay as they were. */
function merge(policy: RetentionPolicy, change: PolicyChange): RetentionPolicy {
  const given = Object.entries(change).filter(([, value]) => value !== undefined && value !== null)
  return { ...policy, ...(Object.fromEntries(given) as Partial<RetentionPolicy>) }
}

/** The policy that a draft means: what holds, with other numbers. Throws `invalid_input` for one that cannot be meant. */
export function draftedPolicy(ctx: ServiceContext, workspaceId: WorkspaceId, draft: PolicyDraft): RetentionPolicy {
  const policy = merge(policyOf(ctx.consoleDb, workspaceId), draft)
  assertPolicy(policy, zoneOf(ctx, workspaceId, policy))
  return policy
}

/** By whose days and weeks a policy counts. */
export function zoneOf(ctx: ServiceContext, workspaceId: WorkspaceId, policy: RetentionPolicy): string {
  return policy.timeZone ?? requireWorkspace(ctx.consoleDb, workspaceId).timeZone
}

/** What a workspace keeps, what of it is its own, who has to agree and when proposals are raised. */
export function showRules(ctx: ServiceContext, workspaceId: WorkspaceId): RetentionRules {
  requireRight(ctx, 'list')
  const { name, timeZone: workspaceZone } = requireWorkspace(ctx.consoleDb, workspaceId)
  const policy = policyOf(ctx.consoleDb, workspaceId)
  const { lastDueAt: _, ...settings } = getRetentionSettings(ctx.consoleDb, workspaceId)
  const nextMs = settings.schedule === null ? null : nextDue(settings.schedule, workspaceZone, ctx.clock.nowMs())
  return {
    workspaceId,
    workspace: name,
    policy,
    defaultPolicy: defaultPolicy(ctx.consoleDb),
    own: ownFields(ctx.consoleDb, workspaceId),
    timeZone: zoneOf(ctx, workspaceId, policy),
    settings,
    nextProposalAt: nextMs === null ? null : new Date(nextMs).toISOString(),
    trashDays: TRASH_DAYS,
  }
}

/** What workspaces inherit, with the ones that may be seen and what they have of their own. */
export function showDefault(ctx: ServiceContext): RetentionDefault {
  requireRight(ctx, 'list')
  const workspaces = listWorkspaces(ctx.consoleDb)
    .filter(({ id }) => maySee(ctx, id))
    .map(({ id, name }) => ({ workspaceId: id, workspace: name, policy: policyOf(ctx.consoleDb, id), own: ownFields(ctx.consoleDb, id) }))
  return { policy: defaultPolicy(ctx.consoleDb), programPolicy: PROGRAM_DEFAULT, workspaces }
}

/** Changes what workspaces inherit. */
export function setDefault(ctx: ServiceContext, { policy }: { policy: PolicyChange }): RetentionDefault {
  setPolicy(ctx, { workspaceId: null, change: policy })
  return showDefault(ctx)
}

function ownFields(db: ReadableDb, workspaceId: WorkspaceId): string[] {
  const change = getPolicyChange(db, workspaceId)
  return POLICY_FIELDS.filter((field) => change[field] !== undefined && change[field] !== null)
}

export interface SetPolicyInput {
  /** Null = the default that all workspaces inherit. */
  workspaceId: WorkspaceId | null
  /** Null in a field = as the default has it. */
  change: PolicyChange
}

/** Changes a policy. Nothing is forgotten by that: archives go only by a proposal. Throws `invalid_input` for one that cannot be meant. */
export function setPolicy(ctx: ServiceContext, { workspaceId, change }: SetPolicyInput): void {
  requireRight(ctx, 'settings')
  storePolicy(ctx, workspaceId, change)
}

/** Makes the policy of a proposal hold: only what differs from the default becomes the workspace's own. */
export function adoptPolicy(ctx: ServiceContext, workspaceId: WorkspaceId, policy: RetentionPolicy): void {
  const base = defaultPolicy(ctx.consoleDb)
  const isOwn = (field: (typeof POLICY_FIELDS)[number]) => JSON.stringify(policy[field]) !== JSON.stringify(base[field])
  const change = Object.fromEntries(POLICY_FIELDS.map((field) => [field, isOwn(field) ? policy[field] : null])) as PolicyChange
  storePolicy(ctx, workspaceId, change)
}

function storePolicy(ctx: ServiceContext, workspaceId: WorkspaceId | null, change: PolicyChange): void {
  const scope = workspaceId ?? 'default'
  const base = workspaceId === null ? PROGRAM_DEFAULT : defaultPolicy(ctx.consoleDb)
  const zone = workspaceId === null ? 'UTC' : requireWorkspace(ctx.consoleDb, workspaceId).timeZone
  const stored = Object.fromEntries(
    Object.entries({ ...getPolicyChange(ctx.consoleDb, scope), ...change }).filter(([, value]) => value !== undefined && value !== null),
  ) as PolicyChange
  const policy = merge(base, stored)
  assertPolicy(policy, policy.timeZone ?? zone)
  const parsed = RetentionPolicySchema.safeParse(policy)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new AppError('invalid_input', { message: `${issue!.path.join('.')}: ${issue!.message}.`, hint: 'Nothing was changed.' })
  }
  putPolicyChange(ctx.consoleDb, scope, stored, new Date(ctx.clock.nowMs()).toISOString())
  record(ctx, 'retention.policy', { kind: workspaceId === null ? 'policy' : 'workspace', id: scope, workspaceId }, change)
}

export interface SetRetentionInput {
  workspaceId: WorkspaceId
  policy?: PolicyChange | undefined
  settings?: { [F in keyof RetentionSettings]?: RetentionSettings[F] | undefined } | undefined
}

/** Changes a workspace's policy, its settings, or both; a policy that cannot be meant changes neither. */
export function setRetention(ctx: ServiceContext, { workspaceId, policy, settings }: SetRetentionInput): RetentionRules {
  requireRight(ctx, 'settings')
  return inTransaction(ctx.consoleDb, () => {
    if (policy) setPolicy(ctx, { workspaceId, change: policy })
    if (settings) setRetentionSettings(ctx, { workspaceId, ...settings })
    return showRules(ctx, workspaceId)
  })
}

export type SetSettingsInput = { workspaceId: WorkspaceId } & NonNullable<SetRetentionInput['settings']>

/** Changes who has to agree and when proposals are raised; what is left out stays. */
export function setRetentionSettings(ctx: ServiceContext, { workspaceId, ...given }: SetSettingsInput): RetentionRules {
  requireRight(ctx, 'settings')
  const { timeZone } = requireWorkspace(ctx.consoleDb, workspaceId)
  const change = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<RetentionSettings>
  const problem = change.schedule ? scheduleProblem(change.schedule, timeZone) : null
  if (problem) throw new AppError('invalid_input', { message: problem, hint: 'Write a cron expression such as `0 5 * * *`.' })
  const hours = change.expiryHours ?? DEFAULT_SETTINGS.expiryHours
  if (!Number.isInteger(hours) || hours < 1 || hours > 720) {
    throw new AppError('invalid_input', { message: `expiryHours is ${hours}; 1 to 720 are possible.`, hint: 'Nothing was changed.' })
  }
  const now = new Date(ctx.clock.nowMs()).toISOString()
  const restarted = change.schedule === undefined ? {} : { lastDueAt: now }
  putRetentionSettings(ctx.consoleDb, workspaceId, { ...getRetentionSettings(ctx.consoleDb, workspaceId), ...change, ...restarted }, now)
  record(ctx, 'retention.settings', { kind: 'workspace', id: workspaceId, workspaceId }, change)
  return showRules(ctx, workspaceId)
}
