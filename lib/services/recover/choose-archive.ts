import { countArchivesAt } from '#db/catalog/queries/archives-at.ts'
import { requireArchive } from '#db/catalog/queries/find-archive.ts'
import { getArchive } from '#db/catalog/queries/get-archive.ts'
import { getWorkspaceFacts } from '#db/catalog/queries/last-good.ts'
import { resolveArchive } from '#db/catalog/queries/resolve-archive.ts'
import { listWorkspaces, type WorkspaceRecord } from '#db/console/tables/workspaces.ts'
import { AppError } from '#lib/base/errors.ts'
import type { ArchiveId, WorkspaceId } from '#lib/base/ids.ts'
import type { HostPlan } from '#lib/contracts/host.ts'
import type { ServiceContext } from '../context.ts'

/** What somebody says of the archive that a workspace comes back from. */
export interface ArchiveChoice {
  /** Which workspace, by name or id; null = the only one. */
  workspace: string | null
  /** An archive as people name it; null = the newest known-good one, else the newest. */
  archive: string | null
  repositoryPath: string | null
}

/** The archive that it comes back from. */
export interface ChosenArchive {
  workspaceId: WorkspaceId
  archiveId: ArchiveId
  repositoryPath: string
  grade: HostPlan['grade']
}

/** Workspaces that can come back from a repository; of one that is named, what else this home has is not meant. */
export function workspacesHeld(ctx: ServiceContext, repositoryPath: string | null): WorkspaceRecord[] {
  const known = listWorkspaces(ctx.consoleDb)
  const held = repositoryPath === null ? [] : countArchivesAt(ctx.catalogDb(), repositoryPath)
  return held.length === 0 ? known : known.filter(({ id }) => held.some((one) => one.id === id))
}

/** The archive that is meant. Throws `workspace_unknown`, `workspace_ambiguous` and `archive_unknown`. */
export function chooseArchive(ctx: ServiceContext, input: ArchiveChoice): ChosenArchive {
  const all = workspacesHeld(ctx, input.repositoryPath)
  const found = input.workspace === null ? all : all.filter(({ id, name }) => id === input.workspace || name === input.workspace)
  const [workspace] = found
  if (!workspace || found.length > 1) {
    throw new AppError(workspace ? 'workspace_ambiguous' : 'workspace_unknown', {
      message: workspace ? `There are ${found.length} workspaces to bring back.` : 'The repository holds no workspace of that name.',
      hint: `Name one with --workspace, or bring all of them back with --all: ${all.map(({ name }) => name).join(', ') || 'none is known'}.`,
    })
  }
  const facts = getWorkspaceFacts(ctx.catalogDb(), workspace.id, ctx.clock.nowMs())
  const best = (facts.lastGood ?? facts.newest)?.id ?? null
  const archiveId = input.archive === null ? best : resolveArchive(ctx.catalogDb(), input.archive, workspace.id)
  if (archiveId === null)
    throw new AppError('archive_unknown', { message: `${workspace.name} has no archive.`, hint: 'Attach the repository that has.' })
  const { grade } = getArchive(ctx.catalogDb(), archiveId, ctx.clock.nowMs())
  const repositoryPath = requireArchive(ctx.catalogDb(), archiveId).repository.location
  return { workspaceId: workspace.id, archiveId, repositoryPath, grade }
}
