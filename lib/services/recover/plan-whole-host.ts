import { existsSync } from 'node:fs'
import type { WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { AppError, toAppError } from '#lib/base/errors.ts'
import type { HostPlan } from '#lib/contracts/host.ts'
import type { AskedOfAll, WholeHostPart, WholeHostPlan } from '#lib/contracts/whole-host.ts'
import { journalPath } from '#lib/engine/restore/journal.ts'
import { CONFIG_ITEM_KEY } from '#lib/engine/workspace/item-keys.ts'
import { placeOf } from '#lib/engine/workspace/map-path.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { withRepository } from '../repository/open-repository.ts'
import { recoveryPlaceOf } from '../restore/recovery-place.ts'
import { settleFirst } from '../restore/settle-workspace.ts'
import { resolveNow } from '../workspaces/resolve.ts'
import { chooseArchive, workspaceAmong, workspacesHeld } from './choose-archive.ts'
import { digestOfDigests } from './host-digest.ts'
import { type HostSourceInput, takeSourceIn } from './host-source.ts'
import { isInside } from './plan-host.ts'
import { planChosen } from './recover-host.ts'
import { volumesOf } from './room.ts'

/** What is asked for of all that come back. */
export interface WholeHostInput extends AskedOfAll {
  /** Names or ids, in the order in which they come back; empty = all, by name. */
  workspaces: readonly string[]
  /** Where single ones go instead of where they lay. */
  roots: readonly { workspace: string; root: string }[]
}

/**
 * Looks where everything of several workspaces would go, and what stops any of them; one that cannot come back stops no other. Takes the source in, which
 * changes only what this home knows. For job processes.
 */
export async function planWholeHost(ctx: ServiceContext, given: WholeHostInput & HostSourceInput): Promise<WholeHostPlan> {
  requireRight(ctx, 'restore')
  const { repositoryPath } = await takeSourceIn(ctx, given)
  return planWorkspaces(ctx, given, repositoryPath)
}

/** The same of what this home knows already, and of one repository alone where that is named. */
export async function planWorkspaces(ctx: ServiceContext, input: WholeHostInput, repositoryPath: string | null): Promise<WholeHostPlan> {
  const held = workspacesHeld(ctx, repositoryPath)
  const meant = input.workspaces.length === 0 ? held : [...new Set(input.workspaces.map((one) => workspaceAmong(held, one)))]
  const roots = new Map(input.roots.map(({ workspace, root }) => [workspaceAmong(meant, workspace).id, root]))
  const parts: WholeHostPart[] = []
  for (const workspace of meant) parts.push(await planned(ctx, workspace, { ...input, root: roots.get(workspace.id) ?? null }, parts))
  return whole(parts)
}

type PartInput = AskedOfAll & { root: string | null }

async function planned(
  ctx: ServiceContext,
  workspace: WorkspaceRecord,
  { archive, ...input }: PartInput,
  before: readonly WholeHostPart[],
): Promise<WholeHostPart> {
  const { id, name } = workspace
  const part = { workspaceId: id, workspace: name, why: null, plan: null }
  let oldRoot = workspace.root
  try {
    assertNothingUnderWay(ctx, workspace)
    const chosen = chooseArchive(ctx, { workspace: id, archive, repositoryPath: null })
    oldRoot = (await withRepository(ctx, chosen.repositoryPath, (repository) => repository.readManifest(chosen.archiveId))).root
    // Where this home moved it, it came back before, maybe to another place than is asked for now.
    if (workspace.root !== oldRoot && (await stands(ctx, workspace))) return { ...part, state: 'here', oldRoot, root: workspace.root }
    const plan = await planChosen(ctx, chosen, { ...input, isLeaveOutShared: true })
    assertApart(plan, before)
    return { ...part, state: 'ready', oldRoot, root: plan.root, plan }
  } catch (error) {
    const { code, message, hint, context } = toAppError(error)
    // There may also be no archive of that time of what stands here since.
    const mayBeHere =
      code === 'archive_unknown' || (code === 'target_not_empty' && context.holdsConfig === true && context.path === workspace.root)
    if (mayBeHere && (await stands(ctx, workspace))) return { ...part, state: 'here', oldRoot, root: workspace.root }
    const root = input.root ?? placeOf(oldRoot, '/', input.maps).path
    return { ...part, state: 'stopped', oldRoot, root, why: { code, message, hint } }
  }
}

function assertNothingUnderWay(ctx: ServiceContext, workspace: WorkspaceRecord): void {
  settleFirst(ctx, workspace)
  if (!existsSync(journalPath(recoveryPlaceOf(ctx, workspace)))) return
  throw new AppError('workspace_locked', {
    message: `A restore of ${workspace.name} is under way.`,
    hint: 'Wait for its end, then plan again.',
    retryable: true,
  })
}

/** Whether what its config names lies on this host, too: a config alone is what a run leaves that was cut off. */
async function stands(ctx: ServiceContext, workspace: WorkspaceRecord): Promise<boolean> {
  if (!existsSync(workspace.configPath)) return false
  try {
    const others = (await resolveNow(ctx, workspace)).items.filter(({ key, path }) => key !== CONFIG_ITEM_KEY && path !== null)
    const critical = others.filter(({ importance }) => importance === 'critical')
    return critical.length > 0 ? critical.every(({ exists }) => exists) : others.some(({ exists }) => exists)
  } catch {
    // Then planning says what is in the way.
    return false
  }
}

/** Two workspaces of one plan must not meet: the one that comes later would find the other in its way. */
function assertApart(plan: HostPlan, before: readonly WholeHostPart[]): void {
  for (const { plan: other, workspace } of before) {
    if (other === null) continue
    for (const mine of claimsOf(plan)) {
      const theirs = claimsOf(other).find(({ path }) => isInside(path, mine.path) || isInside(mine.path, path))
      if (theirs === undefined) continue
      const isRoot = mine.key === null
      const what = isRoot ? plan.workspace : `${mine.label} of ${plan.workspace}`
      throw new AppError('target_unusable', {
        message: `${what} would go to ${mine.path}, and ${theirs.key === null ? workspace : `${theirs.label} of ${workspace}`} goes to ${theirs.path}.`,
        hint: isRoot
          ? 'Give one of them another folder.'
          : `Bring ${workspace} back first. Then plan ${plan.workspace} alone, and leave ${mine.label} out or send it elsewhere with a path map.`,
        context: { path: mine.path },
      })
    }
  }
}

/** The root, and what lies outside it. */
function claimsOf({ root, items }: HostPlan): { key: string | null; label: string; path: string }[] {
  const outside = items.flatMap(({ key, label, path, isLeftOut, files }) =>
    path === null || isLeftOut || files === 0 || isInside(path, root) ? [] : [{ key, label, path }],
  )
  return [{ key: null, label: '', path: root }, ...outside]
}

function whole(parts: readonly WholeHostPart[]): WholeHostPlan {
  const plans = parts.flatMap(({ plan }) => (plan === null ? [] : [plan]))
  return {
    workspaces: [...parts],
    volumes: volumesOf(plans),
    files: plans.reduce((sum, plan) => sum + filesOf(plan), 0),
    contentBytes: plans.reduce((sum, { contentBytes }) => sum + contentBytes, 0),
    backupsGoTo: plans.find(({ backupsGoTo }) => backupsGoTo !== null)?.backupsGoTo ?? null,
    digest: digestOfDigests(plans.map(({ digest }) => digest)),
  }
}

/** Files that come back. */
export const filesOf = ({ items }: Pick<HostPlan, 'items'>): number =>
  items.reduce((sum, { files, isLeftOut, path }) => (isLeftOut || path === null ? sum : sum + files), 0)
