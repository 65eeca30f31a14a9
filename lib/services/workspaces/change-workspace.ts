import {
  deleteWorkspace,
  listWorkspaces as listRecords,
  requireWorkspace,
  updateWorkspace as saveChange,
} from '#db/console/tables/workspaces.ts'
import type { WorkspaceId } from '#lib/base/ids.ts'
import type { ExtraItem, PathMap, Workspace, WorkspaceDetail } from '#lib/contracts/workspace.ts'
import { record } from '../audit/record.ts'
import { maySee, requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { assertSchedules } from '../schedule/workspace-schedule.ts'
import { describeWorkspace, workspaceOf } from './describe-workspace.ts'
import { resolveNow } from './resolve.ts'

/** All registered workspaces that the actor may see, by name. */
export function listWorkspaces(ctx: ServiceContext): Workspace[] {
  requireRight(ctx, 'list')
  return listRecords(ctx.consoleDb)
    .filter(({ id }) => maySee(ctx, id))
    .map(workspaceOf)
}

/** One workspace with its items as the config names them now; what cannot be measured within `limitMs` has no sizes. Walks; for job processes. */
export async function showWorkspace(ctx: ServiceContext, id: WorkspaceId, limitMs?: number): Promise<WorkspaceDetail> {
  requireRight(ctx, 'list')
  return describeWorkspace(ctx, requireWorkspace(ctx.consoleDb, id), limitMs)
}

export interface UpdateWorkspaceInput {
  workspaceId: WorkspaceId
  name?: string | undefined
  maps?: PathMap[] | undefined
  extraItems?: ExtraItem[] | undefined
  /** A cron expression; null = nothing scheduled. */
  schedule?: string | null | undefined
  timeZone?: string | undefined
}

/** Changes a registration; the new items are resolved first, so that a repository inside one is refused. */
export async function updateWorkspace(ctx: ServiceContext, input: UpdateWorkspaceInput): Promise<Workspace> {
  requireRight(ctx, 'settings')
  const { workspaceId, ...given } = input
  const change = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const before = requireWorkspace(ctx.consoleDb, workspaceId)
  assertSchedules(given.timeZone ?? before.timeZone, [given.schedule === undefined ? before.schedule : given.schedule])
  if (given.maps || given.extraItems) await resolveNow(ctx, { ...before, ...change })
  const saved = saveChange(ctx.consoleDb, workspaceId, change, new Date(ctx.clock.nowMs()).toISOString())
  record(ctx, 'workspace.update', { kind: 'workspace', id: workspaceId, workspaceId }, change)
  return workspaceOf(saved)
}

/** Takes a registration away; archives stay in the repository. */
export function removeWorkspace(ctx: ServiceContext, input: { workspaceId: WorkspaceId }): { removed: WorkspaceId } {
  requireRight(ctx, 'settings')
  const { name } = requireWorkspace(ctx.consoleDb, input.workspaceId)
  deleteWorkspace(ctx.consoleDb, input.workspaceId)
  record(ctx, 'workspace.remove', { kind: 'workspace', id: input.workspaceId, workspaceId: input.workspaceId }, { name })
  return { removed: input.workspaceId }
}
