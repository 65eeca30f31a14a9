/**
 * Engine work for the console: it never runs in the console's event loop, but as a child running the command line's own verb. Each function
 * authorises first, since the child runs with every right. A child that only looks ends with the `signal` of the request that nobody waits for any more.
 */
import { requireWorkspace } from '#db/console/tables/workspaces.ts'
import type { ArchiveId, WorkspaceId } from '#lib/base/ids.ts'
import { itemText, mapText } from '#lib/base/map-text.ts'
import type { ArchiveDetail, RestorePlan, RestoreRequest } from '#lib/contracts/archive.ts'
import type { HostPlan, HostRequest, HostSource } from '#lib/contracts/host.ts'
import type { Risk } from '#lib/contracts/overview.ts'
import type { WholeHostPlan, WholeHostRequest } from '#lib/contracts/whole-host.ts'
import type { AddWorkspaceInput, WorkspaceDetail } from '#lib/contracts/workspace.ts'
import { runVerb, type VerbProgram } from '#lib/jobs/spawn-verb.ts'
import { requireRelease } from '../archives/mark-archive.ts'
import { requireRight } from '../authorise.ts'
import type { ServiceContext } from '../context.ts'
import { hostArguments } from '../recover/start-recover-host.ts'
import { wholeHostArguments } from '../recover/start-recover-whole-host.ts'
import { requirePlace } from '../repository/attached-places.ts'
import { restoreArguments } from '../restore/start-restore.ts'

/** The program that children of this console run. */
export const programOf = (ctx: ServiceContext): VerbProgram => ({ launcher: ctx.launcher, home: ctx.paths.home, actor: ctx.actor })

/** What a restore would do. */
export async function planRestoreInChild(ctx: ServiceContext, request: RestoreRequest, signal?: AbortSignal): Promise<RestorePlan> {
  requireRight(ctx, 'restore')
  const printed = await runVerb(programOf(ctx), restoreArguments(request, ['--dry-run']), { signal })
  return (printed as { plan?: RestorePlan }).plan ?? (printed as RestorePlan)
}

/** Items, sizes and problems of a registered workspace. */
export function showWorkspaceInChild(ctx: ServiceContext, id: WorkspaceId, signal?: AbortSignal): Promise<WorkspaceDetail> {
  requireRight(ctx, 'list')
  return runVerb(programOf(ctx), ['workspace', 'show', requireWorkspace(ctx.consoleDb, id).id], { signal }) as Promise<WorkspaceDetail>
}

/** How a lost host would be brought back here. The source is taken over or in by that. */
export async function planHostInChild(ctx: ServiceContext, request: HostRequest, signal?: AbortSignal): Promise<HostPlan> {
  requireRight(ctx, 'settings')
  requireRight(ctx, 'restore')
  const named = { ...request, source: placeNamed(ctx, request.source) }
  return ((await runVerb(programOf(ctx), hostArguments(named, ['--dry-run']), { signal })) as { plan: HostPlan }).plan
}

/** How several workspaces of it would be. */
export async function planWholeHostInChild(ctx: ServiceContext, request: WholeHostRequest, signal?: AbortSignal): Promise<WholeHostPlan> {
  requireRight(ctx, 'settings')
  requireRight(ctx, 'restore')
  const named = { ...request, source: placeNamed(ctx, request.source) }
  return ((await runVerb(programOf(ctx), wholeHostArguments(named, ['--dry-run']), { signal })) as { plan: WholeHostPlan }).plan
}

/** A place by the folder that stands for it. */
const placeNamed = (ctx: ServiceContext, source: HostSource): HostSource =>
  source.kind === 'place' ? { kind: 'repository', path: requirePlace(ctx, source.placeId) } : source

/** What changed on disk since the newest archive. */
export function countRiskInChild(ctx: ServiceContext, id: WorkspaceId, signal?: AbortSignal): Promise<Risk> {
  requireRight(ctx, 'list')
  return runVerb(programOf(ctx), ['status', requireWorkspace(ctx.consoleDb, id).id], { signal }) as Promise<Risk>
}

/** What adding a root would register. */
export function previewWorkspaceInChild(ctx: ServiceContext, input: AddWorkspaceInput, signal?: AbortSignal): Promise<WorkspaceDetail> {
  requireRight(ctx, 'settings')
  return runVerb(programOf(ctx), ['workspace', 'preview', ...workspaceArguments(input)], { signal }) as Promise<WorkspaceDetail>
}

/** Registers a workspace. */
export async function addWorkspaceInChild(ctx: ServiceContext, input: AddWorkspaceInput): Promise<WorkspaceDetail> {
  requireRight(ctx, 'settings')
  return ((await runVerb(programOf(ctx), ['workspace', 'add', ...workspaceArguments(input)])) as { workspace: WorkspaceDetail }).workspace
}

function workspaceArguments(input: AddWorkspaceInput): string[] {
  return [
    ...(input.configPath ? [`--config=${input.configPath}`] : []),
    ...(input.name ? [`--name=${input.name}`] : []),
    ...(input.extraItems ?? []).map((item) => `--item=${itemText(item)}`),
    ...(input.maps ?? []).map((map) => `--map=${mapText(map)}`),
    '--',
    input.root,
  ]
}

/** Holds an archive. */
export function holdInChild(
  ctx: ServiceContext,
  input: { archiveId: ArchiveId; reason: string; until?: string | undefined },
): Promise<ArchiveDetail> {
  requireRight(ctx, 'hold')
  return runVerb(programOf(ctx), [
    'hold',
    input.archiveId,
    `--reason=${input.reason}`,
    ...(input.until ? [`--until=${input.until}`] : []),
  ]) as Promise<ArchiveDetail>
}

/** Ends a hold. */
export function releaseInChild(ctx: ServiceContext, input: { archiveId: ArchiveId }): Promise<ArchiveDetail> {
  requireRelease(ctx, input.archiveId)
  return runVerb(programOf(ctx), ['release', input.archiveId]) as Promise<ArchiveDetail>
}

/** Accepts a suspect archive. */
export function acceptInChild(ctx: ServiceContext, input: { archiveId: ArchiveId; reason: string }): Promise<ArchiveDetail> {
  requireRight(ctx, 'hold')
  return runVerb(programOf(ctx), ['accept', input.archiveId, `--reason=${input.reason}`]) as Promise<ArchiveDetail>
}
